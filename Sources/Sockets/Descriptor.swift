import CPlatform

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The system calls on socket descriptors, where platforms differ.
enum Descriptor {
    #if canImport(Darwin)
        static let stream = SOCK_STREAM
        /// Darwin signals a broken pipe unless told otherwise per socket.
        static let sendFlags: Int32 = 0
    #else
        static let stream = Int32(SOCK_STREAM.rawValue)
        static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    /// A non-blocking TCP socket that is not inherited by child processes.
    static func make(_ family: Int32) throws(SocketError) -> Int32 {
        #if os(Linux)
            let descriptor = socket(family, stream | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(family, stream, 0)
            if descriptor >= 0 { configure(descriptor) }
        #endif
        guard descriptor >= 0 else { throw failure("socket", errno) }
        return descriptor
    }

    /// The next waiting connection, non-blocking; nil when `accept` failed, with its `errno`.
    static func accept(_ listener: Int32, from peer: inout SocketAddress?) -> Int32? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                #if os(Linux)
                    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                    let accepted = accept4(listener, address, &length, flags)
                #else
                    let accepted = SystemCall.accept(listener, address, &length)
                    if accepted >= 0 { configure(accepted) }
                #endif
                if accepted >= 0 { peer = SocketAddress(address) }
                return accepted
            }
        }
        return descriptor >= 0 ? descriptor : nil
    }

    static func close(_ descriptor: Int32) {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    @discardableResult
    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// Sends small segments at once: a second one would wait 40 ms for the peer's delayed acknowledgement.
    static func setNoDelay(_ descriptor: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// The pending error of a connection attempt; 0 when it stands.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
    }

    /// How a connection has ended.
    enum End {
        case finished
        case broken
    }

    /// Whether the next read would find the end of the connection; nil when there are bytes or nothing at all.
    static func peekEnd(_ descriptor: Int32) -> End? {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK))
        if count == 0 { return .finished }
        return count < 0 && errno != EAGAIN && errno != EINTR ? .broken : nil
    }

    /// What the system says of a connection's end, whatever is still to be read before it; empty while it holds.
    static func brokenEvents(_ descriptor: Int32) -> ReadyEvents {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        guard poll(&state, 1, 0) > 0 else { return [] }
        var events: ReadyEvents = []
        if Int32(state.revents) & (POLLHUP | POLLERR) != 0 { events.formUnion(.hangUp) }
        if Int32(state.revents) & POLLERR != 0 { events.formUnion(.broken) }
        return events
    }

    /// Bytes that the system has taken for sending and the peer has not acknowledged.
    static func unsentBytes(_ descriptor: Int32) -> Int {
        var count: Int32 = 0
        #if os(Linux)
            return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
        #else
            var length = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &length) == 0 ? Int(count) : 0
        #endif
    }

    /// The address the socket is bound to.
    static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? SocketAddress(address) : nil
            }
        }
    }

    static func failure(_ call: String, _ code: Int32) -> SocketError {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted(code)
        default: .system(call, code)
        }
    }

    #if canImport(Darwin)
        private static func configure(_ descriptor: Int32) {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            set(descriptor, SOL_SOCKET, SO_NOSIGPIPE, 1)
        }
    #endif
}
