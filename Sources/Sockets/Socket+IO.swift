#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Socket {
    /// The least room a read is given, in bytes.
    private static let readRoom = 2048

    /// Reads more bytes into `input`, waiting for them if there are none.
    ///
    /// `nonsending`, as everything on the path of a request: it runs where its caller does, so nothing asks which
    /// executor that is. One system call for each return: it reads only after an event, and a short read says that nothing is left.
    nonisolated(nonsending) public func fill() async -> IOResult {
        while true {
            if let result = fillNow() { return result }
            await waitReadable()
        }
    }

    /// What `fill()` returns where it need not wait; nil where it must.
    public func fillNow() -> IOResult? {
        while true {
            if isClosed { return .closed }
            if takeReadExpiry() || min(readDeadline, totalDeadline) <= loop.now { return .timedOut }
            guard isReadable else { return nil }
            // A sender faster than its reader would keep the loop to itself: come back with the next batch.
            if readsInARow >= 32 {
                readsInARow = 0
                return rejoin()
            }
            input.reserve(Self.readRoom)
            let room = input.free
            let count = recv(descriptor, input.writePointer, room, 0)
            if count > 0 {
                input.commit(count)
                bytesReceived &+= count
                readsInARow &+= 1
                if count < room, !hasHungUp { isReadable = false }
                return .ready
            }
            if count == 0 { return .endOfStream }
            switch errno {
            case EAGAIN:
                isReadable = false
                return nil
            case EINTR: continue
            default: return .closed
            }
        }
    }

    /// Puts the reader behind everything else that is ready, without losing the edge that was already reported.
    private func rejoin() -> IOResult? {
        loop.execute { self.deliver(.read) }
        return nil
    }

    /// Writes all of `output`, waiting where the peer is slow. Writes first and waits only when the system says so.
    nonisolated(nonsending) public func flush() async -> IOResult {
        while true {
            if let result = flushNow() { return result }
            await waitWritable()
        }
    }

    /// What `flush()` returns where it need not wait; nil where it must.
    public func flushNow() -> IOResult? {
        while !output.isEmpty {
            if isClosed { return .closed }
            if takeWriteExpiry() || min(writeDeadline, totalDeadline) <= loop.now { return .timedOut }
            guard isWritable else { return nil }
            let count = send(descriptor, output.readPointer, output.count, Descriptor.sendFlags)
            if count >= 0 {
                output.consume(count)
                bytesSent &+= count
            } else if errno == EAGAIN {
                isWritable = false
            } else if errno != EINTR {
                return .closed
            }
        }
        return isClosed ? .closed : .ready
    }

    /// Writes `output` and then `bytes` without copying them: one system call where the peer keeps up.
    nonisolated(nonsending) public func flush(followedBy bytes: [UInt8]) async -> IOResult {
        var sent = 0
        while !output.isEmpty || sent < bytes.count {
            if isClosed { return .closed }
            if takeWriteExpiry() || min(writeDeadline, totalDeadline) <= loop.now { return .timedOut }
            guard isWritable else {
                await waitWritable()
                continue
            }
            let count = sendGathered(bytes, from: sent)
            if count >= 0 {
                bytesSent &+= count
                let ofOutput = min(count, output.count)
                output.consume(ofOutput)
                sent += count - ofOutput
            } else if errno == EAGAIN {
                isWritable = false
            } else if errno != EINTR {
                return .closed
            }
        }
        return isClosed ? .closed : .ready
    }

    private func sendGathered(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBytes { body in
            let rest = UnsafeMutableRawPointer(mutating: body.baseAddress.map { $0 + start })
            var parts = (
                iovec(iov_base: output.readPointer, iov_len: numericCast(output.count)),
                iovec(iov_base: rest, iov_len: numericCast(body.count - start))
            )
            return withUnsafeMutableBytes(of: &parts) { raw in
                var message = msghdr()
                message.msg_iov = raw.baseAddress?.assumingMemoryBound(to: iovec.self)
                message.msg_iovlen = 2
                return sendmsg(descriptor, &message, Descriptor.sendFlags)
            }
        }
    }

    /// Closes so that the peer can read what was sent: FIN first, then reads and drops what still comes, for at most
    /// `time` and `limit` bytes. Closing at once with unread input would reset the connection under the last answer.
    public func closeLingering(for time: Duration = .seconds(2), limit: Int = 1 << 20) async {
        shutdownWrite()
        totalDeadline = .max
        readDeadline = loop.now + time.milliseconds
        var dropped = input.count
        input.removeAll()
        while dropped < limit, await fill() == .ready {
            dropped += input.count
            input.removeAll()
        }
        close()
    }
}
