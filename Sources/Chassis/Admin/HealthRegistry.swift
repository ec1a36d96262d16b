import Synchronization

/// The answer of one readiness check.
public enum HealthStatus: Sendable, Equatable {
    /// It works.
    case healthy
    /// It works, but somebody should look: shown by `/readyz?verbose`, does not fail it.
    case degraded(String)
    /// It does not work; the service cannot serve.
    case unhealthy(String)

    /// Whether it keeps a service from being ready.
    var isUnhealthy: Bool {
        if case .unhealthy = self { true } else { false }
    }
}

/// The checks behind `/readyz`, and the switch that shutdown turns off.
public final class HealthRegistry: Sendable {
    /// The result of one check.
    public struct Result: Sendable, Equatable {
        /// The name of the check, such as `storage`.
        public let name: String
        /// Its answer.
        public let status: HealthStatus
    }

    private struct State {
        var checks: [(name: String, check: @Sendable () async -> HealthStatus)] = []
        var phase = Phase.starting
    }

    private enum Phase {
        case starting
        case serving
        case draining
    }

    private let state = Mutex(State())

    /// A registry of a process that has not started to serve.
    public init() {}

    /// Adds a check. It should answer within milliseconds and must not depend on other services: a failing upstream is
    /// no reason to take this process out.
    public func register(_ name: String, _ check: @escaping @Sendable () async -> HealthStatus) {
        state.withLock { $0.checks.append((name, check)) }
    }

    /// The listener accepts: ready as long as the checks are.
    public func startServing() { state.withLock { $0.phase = .serving } }

    /// Not ready any more, for good: the process will stop.
    public func startDraining() { state.withLock { $0.phase = .draining } }

    /// Whether the process will stop: what waits for something to happen should end its wait now.
    public var isDraining: Bool { state.withLock { $0.phase == .draining } }

    /// Runs all checks, `lifecycle` first.
    public func results() async -> [Result] {
        let (checks, phase) = state.withLock { ($0.checks, $0.phase) }
        let lifecycle: HealthStatus =
            switch phase {
            case .starting: .unhealthy("starting")
            case .serving: .healthy
            case .draining: .unhealthy("draining")
            }
        var results = [Result(name: "lifecycle", status: lifecycle)]
        for (name, check) in checks { results.append(Result(name: name, status: await check())) }
        return results
    }
}
