#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Where finished lines go. Called by one thread at a time.
protocol LogOutput: AnyObject, Sendable {
    /// Writes whole lines. What cannot be written is lost: there is nobody left to tell.
    func write(_ lines: [UInt8])
}

/// Standard output, or another descriptor.
final class DescriptorOutput: LogOutput {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func write(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                // Somebody made the pipe non-blocking: wait until it takes more.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, 1_000)
            } else if errno != EINTR {
                return
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
