import Synchronization

/// Lets one task sleep until its time is over or somebody wakes it. A call that comes before the sleep is not lost.
final class Wakeup: Sendable {
    private struct State {
        var isSet = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Ends the sleep, or spares the next one.
    func wake() {
        state.withLock { state in
            state.isSet = state.sleeper == nil
            defer { state.sleeper = nil }
            return state.sleeper
        }?.resume()
    }

    /// Sleeps for `time`, until ``wake()``, or until the task is cancelled.
    func sleep(for time: Duration) async {
        let alarm = Task {
            try? await Task.sleep(for: time)
            if !Task.isCancelled { wake() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAwake = state.withLock { state in
                    if state.isSet || Task.isCancelled {
                        state.isSet = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        alarm.cancel()
    }
}
