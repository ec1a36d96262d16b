#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A plain blocking TCP connection to 127.0.0.1 that sends exactly the bytes it is given.
///
/// Wire tests use it because it shares no code with the client and server under test. Every call blocks its thread for
/// at most the connection's timeout.
public final class RawClient {
    private var descriptor: Int32

    /// Connects to `port` on the loopback address.
    /// - Parameters:
    ///   - timeout: bounds every later send and read, in seconds.
    ///   - window: how many bytes may be on their way to this client unread; nil leaves it to the system.
    /// - Throws: ``SystemCallFailure``.
    public init(port: Int, timeout: Int = 60, window: Int? = nil) throws {
        #if canImport(Darwin)
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw SystemCallFailure("socket") }
        try prepare(timeout: timeout)
        if let window { limit(window: Int32(window)) }
        try connect(port: port)
    }

    private func prepare(timeout: Int) throws {
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        #if canImport(Darwin)
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    /// Small segments keep the sender's buffer small too.
    private func limit(window: Int32) {
        var (window, segment) = (window, Int32(536))
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &window, size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_MAXSEG, &segment, size)
    }

    private func connect(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                systemConnect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let failure = SystemCallFailure("connect")
            close()
            throw failure
        }
    }

    /// Sends the UTF-8 bytes of `text`.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                systemSend(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
            }
            guard count > 0 else { throw SystemCallFailure("send") }
            sent += count
        }
    }

    /// The next bytes that arrive: at most `limit`, empty when the peer closed.
    /// - Throws: ``SystemCallFailure`` on a timeout (EAGAIN) or a reset.
    public func read(upTo limit: Int = 65_536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        guard count >= 0 else { throw SystemCallFailure("recv") }
        return Array(buffer[..<count])
    }

    /// Whether a read would return at once: with bytes, or because the peer has closed.
    public var hasInput: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Everything until the peer closes. A reset ends it like a close.
    /// - Throws: ``SystemCallFailure`` on a timeout.
    public func readToEnd() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            do {
                let chunk = try read()
                if chunk.isEmpty { return all }
                all += chunk
            } catch let failure as SystemCallFailure where failure.code == ECONNRESET {
                return all
            }
        }
    }

    /// Everything until the peer closes, as text.
    public func readTextToEnd() throws -> String { String(decoding: try readToEnd(), as: UTF8.self) }

    /// Reads until what has arrived ends with (or holds) `marker`; returns all of it.
    /// - Throws: ``SystemCallFailure`` on a timeout; ``ConditionNotMet`` when the peer closed first.
    public func read(until marker: String) throws -> String {
        var text = ""
        while !text.contains(marker) {
            let chunk = try read()
            guard !chunk.isEmpty else { throw ConditionNotMet(what: "'\(marker)' in '\(text)'", timeout: .zero) }
            text += String(decoding: chunk, as: UTF8.self)
        }
        return text
    }

    /// Reads one answer whose length `Content-Length` gives; returns status line, fields and body as text.
    public func readAnswer() throws -> String {
        var text = try read(until: "\r\n\r\n")
        guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else { return text }
        let lengths = text[..<end].split(separator: "\r\n").compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
            return Int(parts[1].filter { $0 != " " })
        }
        guard let length = lengths.first else { return text }
        while text[end...].utf8.count < length {
            let chunk = try read()
            guard !chunk.isEmpty else { break }
            text += String(decoding: chunk, as: UTF8.self)
        }
        return text
    }

    /// Sends a FIN; reading goes on.
    public func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset instead of a FIN, as a crashed peer does.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Closes the connection; closing again does nothing.
    public func close() {
        guard descriptor >= 0 else { return }
        systemClose(descriptor)
        descriptor = -1
    }

    deinit { close() }
}

// The methods above hide the C functions of the same name.
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
        return send(descriptor, bytes, count, 0)
    #else
        return send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
    #endif
}

@discardableResult
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
