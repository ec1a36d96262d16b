import ServiceLifecycle
import Synchronization
import UnixSignals

/// Turns SIGTERM and SIGINT into a graceful stop, and a second one into an immediate end.
final class ShutdownSignals: Sendable {
    private enum State {
        case starting
        case running(stop: @Sendable () async -> Void)
        case stopping(since: ContinuousClock.Instant)
    }

    /// Signals within this time of the first are the same request: Ctrl-C reaches a child from the terminal and again
    /// from the parent that stops it.
    private static let repeatWindow = Duration.milliseconds(500)

    private let state = Mutex(State.starting)
    private let endNow: @Sendable (_ status: Int32) -> Void

    /// `endNow` ends the process with a status: 0 when nothing was served yet, else 130.
    init(endNow: @escaping @Sendable (_ status: Int32) -> Void) { self.endNow = endNow }

    /// Starts to watch. From here on a signal no longer kills the process.
    func watch() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task { for await _ in signals { await self.received() } }
    }

    /// The group that a signal stops from now on.
    func attach(_ group: ServiceGroup) { attach { await group.triggerGracefulShutdown() } }

    /// What a signal does from now on.
    func attach(stop: @escaping @Sendable () async -> Void) { state.withLock { $0 = .running(stop: stop) } }

    private enum Action {
        case stop(@Sendable () async -> Void)
        case end(Int32)
        case ignore
    }

    /// What a signal does: stops the service, or ends the process when that has begun before.
    func received() async {
        let now = ContinuousClock.now
        let action: Action = state.withLock { state in
            switch state {
            case .starting: return .end(0)
            case .running(let stop):
                state = .stopping(since: now)
                return .stop(stop)
            case .stopping(let since): return now - since > Self.repeatWindow ? .end(130) : .ignore
            }
        }
        switch action {
        case .stop(let stop): await stop()
        case .end(let status): endNow(status)
        case .ignore: break
        }
    }
}
