import CPlatform
import Foundation

/// One kept connection with at most one request in flight; it is opened again when the server closes it.
///
/// Plain system calls, so that what is measured is the server and not our own client.
final class Connection {
    /// What reading brought.
    enum Progress {
        case waiting
        case answered(status: Int)
        case lost
    }

    private(set) var descriptor: Int32 = -1
    /// When the request in flight was due, in nanoseconds; nil while there is none.
    var due: UInt64?
    private let ports: [UInt16]
    private var port = 0
    private var received: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameter ports: of replicas: when one refuses the connection, the next is asked, as a balancer of
    ///   connections would.
    init(ports: [UInt16], first: Int) {
        self.ports = ports
        port = first % ports.count
    }

    /// Sends a request, on a new connection where the old one is gone. False when that failed.
    func send(_ bytes: [UInt8]) -> Bool {
        received.removeAll(keepingCapacity: true)
        if descriptor >= 0, isOpen, write(bytes) { return true }
        for _ in ports {
            close()
            if open(ports[port]) { return write(bytes) }
            port = (port + 1) % ports.count
        }
        return false
    }

    /// False when the server has said good-bye while nothing was asked of it: clients look before they use a connection again.
    private var isOpen: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) < 0 && errno == EAGAIN
    }

    func close() {
        if descriptor >= 0 { Foundation.close(descriptor) }
        descriptor = -1
    }

    /// Reads what has come, without waiting. Without a request in flight it only notices that the server has closed.
    func read() -> Progress {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return .waiting }
            guard count > 0 else {
                close()
                return .lost
            }
            received += buffer[..<count]
            if let (status, keeps) = answer() {
                if !keeps { close() }
                return .answered(status: status)
            }
        }
    }

    /// Status of the answer when it is complete, and whether the connection goes on.
    private func answer() -> (status: Int, keeps: Bool)? {
        received.withUnsafeBytes { bytes in
            guard let end = Self.find("\r\n\r\n", in: bytes) else { return nil }
            let head = UnsafeRawBufferPointer(rebasing: bytes[..<(end + 2)])
            let status = bytes[9..<12].reduce(0) { $0 * 10 + Int($1) - 0x30 }
            let closes = Self.find("onnection: close\r\n", in: head) != nil
            if let start = Self.find("ontent-Length: ", in: head) ?? Self.find("ontent-length: ", in: head) {
                let length = bytes[(start + 15)...].prefix { $0 >= 0x30 && $0 <= 0x39 }
                    .reduce(0) { $0 * 10 + Int($1) - 0x30 }
                return bytes.count >= end + 4 + length ? (status, !closes) : nil
            }
            let isChunked = Self.find("ncoding: chunked", in: head) != nil
            return isChunked && !bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8) ? nil : (status, !closes)
        }
    }

    private static func find(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        return memmem(base, bytes.count, text.utf8Start, text.utf8CodeUnitCount).map { UnsafeRawPointer($0) - base }
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private func open(_ port: UInt16) -> Bool {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0
    }
}
