#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Socket {
    /// Connects to `address` from the running loop (or `loop`), within `timeout`.
    ///
    /// Throws `connectionRefused`, `connectTimeout`, `connectFailed` or `exhausted`; no byte was sent then.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, timeout: Duration = .seconds(5)
    ) async throws(SocketError) -> Socket {
        let result = await loop.run { () async -> Result<Socket, SocketError> in
            do throws(SocketError) {
                return .success(try await attempt(address, loop, deadline: loop.now + timeout.milliseconds))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Connects to the first address that answers, in order, alternating families (after RFC 8305, one at a time):
    /// each attempt gets an equal share of the time that is left.
    public static func connect(
        to addresses: [SocketAddress], on loop: EventLoop, timeout: Duration = .seconds(5)
    ) async throws(SocketError) -> Socket {
        let deadline = CoarseClock.milliseconds() + timeout.milliseconds
        var rest = interleaved(addresses)[...]
        var lastError = SocketError.noAddress
        while let address = rest.popFirst() {
            let left = deadline - min(deadline, CoarseClock.milliseconds())
            if left == 0 { throw .connectTimeout(address) }
            do throws(SocketError) {
                return try await connect(
                    to: address, on: loop, timeout: .milliseconds(left / UInt64(rest.count + 1)))
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    /// The addresses with families taking turns, beginning with the first one's.
    static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }
        let others = addresses.filter { $0.isIPv6 != first.isIPv6 }
        var result: [SocketAddress] = []
        for index in 0..<max(preferred.count, others.count) {
            if index < preferred.count { result.append(preferred[index]) }
            if index < others.count { result.append(others[index]) }
        }
        return result
    }

    private static func attempt(
        _ address: SocketAddress, _ loop: EventLoop, deadline: UInt64
    ) async throws(SocketError) -> Socket {
        let descriptor = try Descriptor.make(address.family)
        Descriptor.setNoDelay(descriptor)
        let code = address.withSockaddr { SystemCall.connect(descriptor, $0, $1) } == 0 ? 0 : errno
        guard code == 0 || code == EINPROGRESS else {
            Descriptor.close(descriptor)
            throw failure(address, code)
        }
        // Registered only now: epoll reports a socket that has not begun to connect as hung up.
        let socket = try Socket(descriptor, peer: address, loop: loop)
        if code == EINPROGRESS { try await socket.established(by: deadline) }
        return socket
    }

    private func established(by deadline: UInt64) async throws(SocketError) {
        isWritable = false
        writeDeadline = deadline
        await waitWritable()
        writeDeadline = .max
        if isClosed { throw .loopClosed }
        if takeWriteExpiry() {
            close()
            throw .connectTimeout(peer)
        }
        let code = Descriptor.pendingError(descriptor)
        guard code == 0 else {
            close()
            throw Self.failure(peer, code)
        }
    }

    private static func failure(_ address: SocketAddress, _ code: Int32) -> SocketError {
        switch code {
        case ECONNREFUSED: .connectionRefused(address)
        case ETIMEDOUT: .connectTimeout(address)
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted(code)
        default: .connectFailed(address, code)
        }
    }
}
