#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A thread of its own for work that blocks on the disk: neither an event loop nor the cooperative pool may do that.
///
/// `@unchecked Sendable`: the state is touched under the monitor only.
final class NativeThread: @unchecked Sendable {
    private let monitor = Monitor()
    private var isFinished = false

    /// Starts a detached thread.
    ///
    /// - Throws: `DatabaseError.unavailable` when the system has no thread to give.
    init(_ body: @escaping @Sendable () -> Void) throws(DatabaseError) {
        let start = Unmanaged.passRetained(
            Start { [self] in
                body()
                monitor.withLock {
                    isFinished = true
                    monitor.signalAll()
                }
            })
        let code = spawnDetached(start.toOpaque())
        guard code == 0 else {
            start.release()
            throw .unavailable(message: "cannot start a thread: \(systemMessage(code))")
        }
    }

    /// Blocks until the body has returned.
    func join() {
        monitor.withLock {
            while !isFinished { monitor.wait() }
        }
    }
}

/// What `pthread_create` hands over.
private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

// pthread_create's signature differs: the argument is optional on Linux, the thread on macOS.
#if canImport(Darwin)
    private func runStart(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }

    private func spawnDetached(_ argument: UnsafeMutableRawPointer) -> Int32 {
        var thread: pthread_t?
        let code = pthread_create(&thread, nil, runStart, argument)
        if let thread { pthread_detach(thread) }
        return code
    }
#else
    private func runStart(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
    }

    private func spawnDetached(_ argument: UnsafeMutableRawPointer) -> Int32 {
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runStart, argument)
        if code == 0 { pthread_detach(thread) }
        return code
    }
#endif
