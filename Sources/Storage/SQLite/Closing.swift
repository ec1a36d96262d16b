/// Runs the steps of closing a database once, on a thread of its own because they wait, however many ask for it.
///
/// `@unchecked Sendable`: the state is touched under the monitor only.
final class Closing: @unchecked Sendable {
    private let monitor = Monitor()
    private let steps: @Sendable () -> Void
    private var hasBegun = false
    private var isDone = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ steps: @escaping @Sendable () -> Void) {
        self.steps = steps
    }

    /// Starts closing unless that was done; does not wait.
    func begin() {
        let isFirst = monitor.withLock {
            defer { hasBegun = true }
            return !hasBegun
        }
        guard isFirst else { return }
        // Without a thread to spare it is done here: blocking is better than not closing.
        if (try? NativeThread { self.run() }) == nil { run() }
    }

    /// Starts closing unless that was done, and waits for the end.
    func finish() async {
        begin()
        await withCheckedContinuation { continuation in
            let isOver = monitor.withLock {
                if !isDone { waiters.append(continuation) }
                return isDone
            }
            if isOver { continuation.resume() }
        }
    }

    private func run() {
        steps()
        let waiters = monitor.withLock {
            isDone = true
            defer { self.waiters = [] }
            return self.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
