import Synchronization

@testable import PaymentsService

/// A processor whose answers a test writes down beforehand. It charges once per key, as a real one does, and keeps
/// what it has charged through the crashes of its client.
final class ScriptedProcessor: CardProcessor {
    private struct State {
        var answers: [ChargeOutcome]
        var keys: [String] = []
        var charged: Set<String> = []
    }

    private let state: Mutex<State>

    /// Gives `answers` in order, and the last one for ever.
    init(_ answers: ChargeOutcome...) { state = Mutex(State(answers: answers)) }

    /// The key of each call, in order.
    var keys: [String] { state.withLock { $0.keys } }
    /// The keys under which a card was charged.
    var charged: Set<String> { state.withLock { $0.charged } }

    func charge(_ charge: Charge) async -> ChargeOutcome {
        state.withLock { state in
            state.keys.append(charge.key)
            let answer = state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            // A lost answer may well be that of a charge that was made.
            if answer == .succeeded || answer == .unknown { state.charged.insert(charge.key) }
            return answer
        }
    }
}

/// A processor that waits for its test.
final class HeldProcessor: CardProcessor {
    private let asked = AsyncStream<Void>.makeStream()
    private let answers = AsyncStream<ChargeOutcome>.makeStream()

    func charge(_ charge: Charge) async -> ChargeOutcome {
        asked.continuation.yield()
        for await answer in answers.stream { return answer }
        return .unknown
    }

    /// Returns when a charge is under way.
    func isAsked() async {
        for await _ in asked.stream { return }
    }

    /// Ends one charge.
    func answer(_ outcome: ChargeOutcome) { answers.continuation.yield(outcome) }
}
