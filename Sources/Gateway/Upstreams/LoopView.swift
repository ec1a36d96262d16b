import Synchronization

/// What one event loop knows of an upstream: its lock is never contended, since no other loop takes it.
final class LoopView: Sendable {
    struct State: Sendable {
        /// The state of the ``EndpointTable`` that `choices` were made of.
        var generation: UInt64 = 0
        /// When to look at the table again, whatever its generation; milliseconds of the loop's clock.
        var reviewAt: UInt64 = 0
        var choices = Choices.none
        var balancer: Balancer

        init(policy: BalanceConfiguration.Policy, seed: UInt64) { balancer = Balancer(policy: policy, seed: seed) }
    }

    let state: Mutex<State>

    init(policy: BalanceConfiguration.Policy, seed: UInt64) {
        state = Mutex(State(policy: policy, seed: seed))
    }
}
