extension EventLoop {
    /// Starts a Task on the loop.
    @discardableResult
    public func spawn(_ operation: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self, operation: operation)
    }

    /// Runs `body` on the loop and waits for it. Costs a hop from elsewhere, next to nothing on the loop.
    public func run<T: Sendable>(_ body: @Sendable () async throws -> T) async rethrows -> T {
        try await withTaskExecutorPreference(self, operation: body)
    }
}

// MARK: - Timers

extension EventLoop {
    /// Calls `action` on the loop's thread once `delay` has passed, or when the loop stops. On the loop's thread only.
    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        schedule(at: now &+ delay.milliseconds, action)
    }

    /// Calls `action` at `due`, in milliseconds of `now`. On the loop's thread only.
    @discardableResult
    public func schedule(at due: UInt64, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        assert(isCurrent)
        return timers.add(due: due, action)
    }

    /// Forgets a timer that has not fired. On the loop's thread only.
    public func cancel(_ token: TimerToken) {
        assert(isCurrent)
        timers.cancel(token)
    }

    /// Waits on the loop. Returns early, without throwing, when the Task is cancelled or the loop stops.
    public func sleep(for delay: Duration) async {
        let nap = Nap()
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                execute { self.begin(nap, delay, continuation) }
            }
        } onCancel: {
            execute { self.end(nap) }
        }
    }

    private func begin(_ nap: Nap, _ delay: Duration, _ continuation: UnsafeContinuation<Void, Never>) {
        if nap.isOver { return continuation.resume() }
        nap.continuation = continuation
        nap.token = schedule(after: delay) { nap.wake() }
    }

    private func end(_ nap: Nap) {
        if let token = nap.token { cancel(token) }
        nap.wake()
    }

    func fireTimers() {
        while let action = timers.popDue(now) { action() }
    }
}

/// One `sleep`. `@unchecked Sendable`: touched on the loop's thread only.
private final class Nap: @unchecked Sendable {
    var continuation: UnsafeContinuation<Void, Never>?
    var token: TimerToken?
    var isOver = false

    func wake() {
        isOver = true
        continuation?.resume()
        continuation = nil
    }
}

// MARK: - Deadlines

extension EventLoop {
    /// The longest time between two sweeps, and so the coarsest a deadline gets, in milliseconds.
    static let sweepInterval: UInt64 = 250
    /// The shortest: near deadlines bring a sweep forward, but thousands of them not one each.
    static let shortestSweepInterval: UInt64 = 10

    /// Wakes whoever waits on a socket whose deadline has passed. Integers compared in a row: no timer per request.
    func sweep() {
        var next = now + Self.sweepInterval
        sockets.forEach { socket in next = min(next, socket.expire(now)) }
        nextSweep = max(next, now + Self.shortestSweepInterval)
    }
}
