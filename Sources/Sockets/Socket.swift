#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One TCP connection on one loop: buffers, readiness flags, deadlines, and at most one waiting task per direction.
///
/// Confined to its loop: every member but `interrupt()` is used by code that runs there. Whoever made the socket
/// closes it.
///
/// `@unchecked Sendable`: confinement to the loop's thread is what makes it safe; debug builds assert it where it
/// waits.
public final class Socket: @unchecked Sendable {
    /// The loop it lives on.
    public let loop: EventLoop
    /// Who is at the other end.
    public let peer: SocketAddress
    /// What has been read and not yet consumed.
    public let input: ByteBuffer
    /// What waits to be written by `flush()`.
    public let output: ByteBuffer
    /// True once the socket has been closed here.
    public private(set) var isClosed = false
    /// Bytes received and sent so far.
    public internal(set) var bytesReceived = 0
    /// Bytes handed to the system so far.
    public internal(set) var bytesSent = 0

    let descriptor: Int32
    var isReadable = false
    var isWritable = true
    /// Whether the peer's FIN or an error was reported: a short read no longer means that there is nothing more.
    public private(set) var hasHungUp = false
    /// Whether an error was reported: a reset, usually.
    public private(set) var isBroken = false
    let needsArming: Bool
    // Reads that were served without waiting, since the last wait: a fast sender must not starve the others.
    var readsInARow: UInt8 = 0
    private var readHasExpired = false
    private var writeHasExpired = false
    // Set while the writer is to be woken by input too: see `waitForRoomOrInput`.
    private var writerMindsInput = false
    // When the wait began that the allowance has not been charged for yet.
    private var waitingSince: UInt64 = 0
    private var reader: UnsafeContinuation<Void, Never>?
    private var writer: UnsafeContinuation<Void, Never>?
    // Stands in for `reader` where nobody waits in a task.
    private var readObserver: (any ReadObserver)?

    /// When a waiting read gives up, in milliseconds of `EventLoop.now`.
    public var readDeadline: UInt64 = .max { didSet { hasten(readDeadline) } }
    /// When a waiting write gives up, in milliseconds of `EventLoop.now`.
    public var writeDeadline: UInt64 = .max { didSet { hasten(writeDeadline) } }
    /// How long the peer may keep waiting writes waiting. It sets the write deadline; nil sets none.
    public var writeAllowance: WriteAllowance?
    /// Told when the peer says good-bye or the connection breaks; let go of when the socket closes.
    public var hangUpObserver: (any HangUpObserver)?
    /// When both give up, in milliseconds of `EventLoop.now`.
    public var totalDeadline: UInt64 = .max { didSet { hasten(totalDeadline) } }

    /// Takes over a connected descriptor; closes it when the loop cannot watch it. On the loop's thread.
    init(_ descriptor: Int32, peer: SocketAddress, loop: EventLoop) throws(SocketError) {
        assert(loop.isCurrent)
        self.descriptor = descriptor
        self.peer = peer
        self.loop = loop
        input = ByteBuffer(pool: loop.buffers)
        output = ByteBuffer(pool: loop.buffers)
        needsArming = loop.readiness.needsArming
        // Without edges there is no first event either: the first read finds out.
        isReadable = needsArming
        do throws(SocketError) {
            try loop.readiness.register(self)
        } catch {
            Descriptor.close(descriptor)
            throw error
        }
        loop.sockets.insert(self)
    }

    @inline(__always) private func hasten(_ deadline: UInt64) {
        if deadline < loop.nextSweep { loop.nextSweep = deadline }
    }

    /// Closes the connection at once and wakes whoever waits on it, who then sees `.closed`. Harmless when repeated.
    public func close() {
        guard !isClosed else { return }
        assert(loop.isCurrent)
        isClosed = true
        loop.sockets.remove(self)
        loop.readiness.close(self)
        hangUpObserver = nil
        wakeReader()
        wakeWriter()
    }

    /// Closes the connection from any thread: for cancellation.
    public func interrupt() {
        loop.execute { self.close() }
    }

    /// Sends FIN behind what was flushed; reading goes on.
    public func shutdownWrite() {
        guard !isClosed else { return }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Gives empty buffers back to the loop's pool: called before a long wait.
    public func releaseBuffers() {
        input.releaseIfEmpty()
        output.releaseIfEmpty()
    }

    /// True when the peer has not said good-bye and nothing unread came in: whether a kept connection may be reused.
    public var isQuiet: Bool { !isClosed && !hasHungUp && input.isEmpty && !isReadable }

    /// True when the next `fillNow()` need not wait.
    public var mayRead: Bool { isClosed || isReadable }

    /// Has `isQuiet`, `hasHungUp` and the observer notice what comes while nobody reads: called when a connection is kept
    /// for later use, and while an answer to it is made. Costs nothing where edges come by themselves.
    @inline(__always)
    public func watchWhileIdle() {
        if needsArming, !isClosed { loop.readiness.arm(self, .read) }
    }

    // MARK: - Waiting

    /// Takes events from the loop.
    func deliver(_ events: ReadyEvents) {
        if isClosed { return }
        if events.contains(.hangUp) { hungUp(isBroken: events.contains(.broken)) }
        // Sources that must be armed tell of input alone: when nobody waits for it, it may be the end.
        if needsArming, reader == nil, events.contains(.read), let end = Descriptor.peekEnd(descriptor) {
            hungUp(isBroken: end == .broken)
        }
        if !events.isDisjoint(with: [.read, .hangUp]) {
            isReadable = true
            wakeReader()
            if writerMindsInput { wakeWriter() }
        }
        if !events.isDisjoint(with: [.write, .hangUp]) {
            isWritable = true
            wakeWriter()
        }
    }

    private func hungUp(isBroken: Bool) {
        hasHungUp = true
        if isBroken { self.isBroken = true }
        hangUpObserver?.peerHungUp(isBroken: isBroken)
    }

    /// Waits until `fillNow()` has something to say. For callers that save the calls in between: `fill()` does both.
    @inline(__always)
    nonisolated(nonsending) public func waitReadable() async {
        beginWaitReadable()
        await withUnsafeContinuation { reader = $0 }
    }

    /// Has `observer` told, once, when `fillNow()` has something to say, instead of a task that waits for it. Until then
    /// the socket keeps the observer.
    public func notifyReadable(_ observer: any ReadObserver) {
        beginWaitReadable()
        readObserver = observer
    }

    private func beginWaitReadable() {
        readsInARow = 0
        if needsArming { loop.readiness.arm(self, .read) }
    }

    nonisolated(nonsending) func waitWritable() async {
        beginCharging()
        if needsArming { loop.readiness.arm(self, .write) }
        await withUnsafeContinuation { writer = $0 }
        endCharging()
    }

    private func beginCharging() {
        guard writeAllowance != nil else { return }
        waitingSince = loop.now
        charge(now: loop.now)
    }

    /// Without a wait there is no deadline of the allowance's: time that the program takes is not the peer's.
    private func endCharging() {
        guard writeAllowance != nil else { return }
        writeAllowance?.waited(loop.now &- waitingSince)
        writeDeadline = .max
    }

    /// Settles the allowance up to now and sets the deadline by what is left. What the system has buffered was not
    /// taken by the peer: only what the peer has acknowledged was.
    private func charge(now: UInt64) {
        writeAllowance?.waited(now &- waitingSince)
        waitingSince = now
        writeAllowance?.took(total: bytesTaken)
        writeDeadline = now &+ (writeAllowance?.left ?? 0)
    }

    /// Bytes that the peer has acknowledged so far.
    public var bytesTaken: Int { bytesSent - (isClosed ? 0 : Descriptor.unsentBytes(descriptor)) }

    /// A write deadline has passed. False when it was the allowance's and the peer has taken something meanwhile.
    private func writeIsOver(_ now: UInt64) -> Bool {
        if writeAllowance == nil || totalDeadline <= now { return true }
        charge(now: now)
        return writeDeadline <= now
    }

    /// Waits until `output` can go on or input has arrived: for a sender whose peer may answer before it has read all.
    /// Returns at the write deadline too; `flushNow()` and `fillNow()` tell which it was.
    public func waitForRoomOrInput() async {
        guard !isClosed, !isReadable else { return }
        if needsArming { loop.readiness.arm(self, .read) }
        writerMindsInput = true
        await waitWritable()
        writerMindsInput = false
    }

    /// True once for each read deadline that passed.
    func takeReadExpiry() -> Bool {
        defer { readHasExpired = false }
        return readHasExpired
    }

    /// True once for each write deadline that passed.
    func takeWriteExpiry() -> Bool {
        defer { writeHasExpired = false }
        return writeHasExpired
    }

    /// Wakes waiters whose deadline has passed; returns the nearest deadline that somebody still waits for.
    func expire(_ now: UInt64) -> UInt64 {
        var nearest = UInt64.max
        if reader != nil || readObserver != nil {
            let due = min(readDeadline, totalDeadline)
            if due <= now {
                readHasExpired = true
                wakeReader()
            } else {
                nearest = due
            }
        }
        if writer != nil {
            let due = min(writeDeadline, totalDeadline)
            if due <= now, writeIsOver(now) {
                writeHasExpired = true
                wakeWriter()
            } else {
                nearest = min(nearest, writeDeadline, totalDeadline)
            }
        }
        return nearest
    }

    private func wakeReader() {
        if let waiting = reader {
            reader = nil
            waiting.resume()
        } else if let observer = readObserver {
            readObserver = nil
            observer.socketIsReadable()
        }
    }

    private func wakeWriter() {
        guard let waiting = writer else { return }
        writer = nil
        waiting.resume()
    }
}

/// Somebody who wants to know when a socket has bytes, has ended, or has reached its read deadline.
public protocol ReadObserver: AnyObject, Sendable {
    /// On the loop's thread, in the middle of the delivery of events: to be brief.
    func socketIsReadable()
}

/// Somebody who wants to know when a peer goes away while nobody reads from it.
public protocol HangUpObserver: AnyObject, Sendable {
    /// The peer sent its last byte (`isBroken` false: it may still read), or the connection failed. On the loop's thread,
    /// in the middle of the delivery of events: to be brief.
    func peerHungUp(isBroken: Bool)
}
