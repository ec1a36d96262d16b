import Foundation
import Sockets
import TestSupport

/// A server that does exactly what a script says, right or wrong: one blocking thread for each connection.
///
/// It shares no code with the client under test. Reads and writes give up after a minute, which fails the script.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let state = Locked(State())

    private struct State {
        var accepted = 0
        var isStopped = false
        var failures: [String] = []
    }

    /// Listens on a port of the system's choice; `script` is called with every accepted connection, which is closed
    /// when it returns.
    init(_ script: @escaping @Sendable (ScriptedPeer) throws -> Void) throws {
        (listener, port) = try Self.listen()
        let thread = Thread { [self] in
            while case let descriptor = accept(listener, nil, nil), descriptor >= 0 { serve(descriptor, script) }
        }
        thread.start()
    }

    /// Connections accepted so far.
    var accepted: Int { state.withLock { $0.accepted } }
    /// Errors that scripts threw.
    var failures: [String] { state.withLock { $0.failures } }

    /// Stops listening; again does nothing.
    func stop() {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        if wasStopped { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A port of the loopback address on which nobody listens.
    static func unusedPort() throws -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    private func serve(_ descriptor: Int32, _ script: @escaping @Sendable (ScriptedPeer) throws -> Void) {
        let index = state.withLock { state in
            defer { state.accepted += 1 }
            return state.accepted
        }
        let thread = Thread { [self] in
            let peer = ScriptedPeer(descriptor, index: index)
            defer { peer.close() }
            do {
                try script(peer)
            } catch {
                state.withLock { $0.failures.append("\(error)") }
            }
        }
        thread.start()
    }

    private static func listen() throws -> (Int32, Int) {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, length) | Foundation.listen(descriptor, 128)
                    | getsockname(descriptor, raw, &length)
            }
        }
        guard descriptor >= 0, result == 0 else { throw SystemCallFailure("listen") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}

/// The server's end of one connection. Used by the thread of its script only.
final class ScriptedPeer {
    /// How many connections the server had accepted before.
    let index: Int
    private let descriptor: Int32
    private var buffered: [UInt8] = []
    private var isOpen = true

    init(_ descriptor: Int32, index: Int) {
        self.descriptor = descriptor
        self.index = index
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// The next request head as text; nil when the client closed before its first byte.
    func readHead() throws -> String? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffered.firstRange(of: end) {
                defer { buffered.removeSubrange(..<range.upperBound) }
                return String(decoding: buffered[..<range.upperBound], as: UTF8.self)
            }
            let more = try receive()
            if more.isEmpty { return nil }
            buffered += more
        }
    }

    /// Exactly `count` bytes as text.
    func read(_ count: Int) throws -> String {
        while buffered.count < count {
            let more = try receive()
            guard !more.isEmpty else { throw ClientClosed() }
            buffered += more
        }
        defer { buffered.removeFirst(count) }
        return String(decoding: buffered[..<count], as: UTF8.self)
    }

    /// Everything up to and including `marker`, as text.
    func read(until marker: String) throws -> String {
        while true {
            if let range = buffered.firstRange(of: Array(marker.utf8)) {
                defer { buffered.removeSubrange(..<range.upperBound) }
                return String(decoding: buffered[..<range.upperBound], as: UTF8.self)
            }
            let more = try receive()
            guard !more.isEmpty else { throw ClientClosed() }
            buffered += more
        }
    }

    /// Waits for the client to close: true for FIN or reset, false when it sends more instead.
    func waitForClose() throws -> Bool { try buffered.isEmpty && receive().isEmpty }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Self.send(descriptor, raw.baseAddress.map { $0 + sent }, raw.count - sent, 0)
            }
            guard count > 0 else { throw SystemCallFailure("send") }
            sent += count
        }
    }

    /// Sends a well-formed answer with the body.
    func answer(_ body: String = "ok", status: String = "200 OK", fields: String = "") throws {
        try send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Sends without waiting for room; the bytes the system took, 0 when it takes none.
    func sendWhatFits(_ bytes: [UInt8]) -> Int {
        let count = bytes.withUnsafeBytes { raw in
            Self.send(descriptor, raw.baseAddress, raw.count, Int32(MSG_DONTWAIT))
        }
        return max(count, 0)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Foundation.close(descriptor)
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private func receive() throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return [] }
        guard count >= 0 else { throw SystemCallFailure("recv") }
        return Array(chunk[..<count])
    }

    private static func send(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
        #if canImport(Darwin)
            Foundation.send(descriptor, bytes, count, flags)
        #else
            Foundation.send(descriptor, bytes, count, flags | Int32(MSG_NOSIGNAL))
        #endif
    }
}

/// The client closed while the script still expected bytes.
struct ClientClosed: Error {}
