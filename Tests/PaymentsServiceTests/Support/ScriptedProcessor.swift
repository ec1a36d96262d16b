import Synchronization

@testable import PaymentsService

/// A processor whose answers a test writes down beforehand. It moves money once per key, as a real one does, and keeps
/// what it has done through the crashes of its client.
final class ScriptedProcessor: Processor {
    private struct State {
        var answers: [ProcessorOutcome]
        var keys: [String] = []
        var moved: Set<String> = []
    }

    private let state: Mutex<State>

    /// Gives `answers` in order, and the last one for ever.
    init(_ answers: ProcessorOutcome...) { state = Mutex(State(answers: answers)) }

    /// The key of each call, in order.
    var keys: [String] { state.withLock { $0.keys } }
    /// The keys under which money has moved.
    var moved: Set<String> { state.withLock { $0.moved } }

    func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? { nil }

    func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
        state.withLock { state in
            state.keys.append(order.key)
            let answer = state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            // A lost answer may well be that of money that has moved.
            if answer == .succeeded || answer == .unknown { state.moved.insert(order.key) }
            return answer
        }
    }
}

/// A processor that waits for its test.
final class HeldProcessor: Processor {
    private let asked = AsyncStream<Void>.makeStream()
    private let answers = AsyncStream<ProcessorOutcome>.makeStream()

    func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? { nil }

    func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
        asked.continuation.yield()
        for await answer in answers.stream { return answer }
        return .unknown
    }

    /// Returns when an order is under way.
    func isAsked() async {
        for await _ in asked.stream { return }
    }

    /// Ends one order.
    func answer(_ outcome: ProcessorOutcome) { answers.continuation.yield(outcome) }
}
