import Chassis
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PaymentsService

/// The process ends at every boundary between the steps of a saga; what it left behind is resumed, and everything has
/// happened exactly once.
@Suite struct SagaInterruptionTests {
    /// Where the process ends: at a write, or around the processor.
    enum Boundary: CustomTestStringConvertible {
        case write(Int, InterruptedDatabase.Moment)
        /// The processor has not got the order.
        case beforeProcessor
        /// The processor has done it, and nobody heard.
        case afterProcessor
        case nowhere

        static let all: [Boundary] =
            [.nowhere, .beforeProcessor, .afterProcessor]
            + (0..<2).flatMap { number in InterruptedDatabase.Moment.allCases.map { Boundary.write(number, $0) } }

        var testDescription: String { "\(self)" }
    }

    /// Stands before the processor, and ends the process there.
    private struct InterruptedProcessor: Processor {
        let processor: ScriptedProcessor
        let boundary: Boundary
        let isOver: Mutexed<Bool>

        func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? { nil }

        func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
            switch boundary {
            case .beforeProcessor:
                isOver.set(true)
                return .unknown
            case .afterProcessor:
                _ = await processor.submit(order)
                isOver.set(true)
                return .unknown
            case .write, .nowhere: return await processor.submit(order)
            }
        }
    }

    private final class Mutexed<Value: Sendable>: Sendable {
        private let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
        func set(_ new: Value) { value.withLock { $0 = new } }
        var current: Value { value.withLock { $0 } }
    }

    @Test(
        "Once, whatever was interrupted", arguments: ProcessorOperation.Kind.allCases,
        Boundary.all.flatMap { boundary in
            [ProcessorOutcome.succeeded, .declined(reason: "no")].map { (boundary, $0) }
        })
    func once(kind: ProcessorOperation.Kind, end: (boundary: Boundary, outcome: ProcessorOutcome)) async throws {
        var bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 100)
        let processor = ScriptedProcessor(end.outcome)
        let order = OperationOrder(
            kind: kind, account: account, amount: 40, instrument: kind == .deposit ? "card_ok" : "bank_ok")
        let request = bank.request(by: "ann", "once")
        await run(bank, order, request, processor, until: end.boundary)
        #expect(try await bank.balance(account, of: "ann").available <= 140)
        try await bank.expectBalanced()

        bank = try await bank.restarted()
        // The client tries again, before and after the saga has gone on: both are the same request.
        let saga = ProcessorSaga(store: bank.store, processor: processor)
        if case .started(let operation) = try await bank.store.start(order, for: request) {
            _ = try await saga.step(operation)
        }
        try await saga.resume(all: true)
        let succeeded = end.outcome == .succeeded
        let replay = try await bank.store.start(order, for: request)
        guard case .ended(.replayed(let answer)) = replay else { throw Unexpected(replay) }
        #expect(answer.status == (succeeded ? 201 : kind == .deposit ? 402 : 422))

        let change: Int64 = succeeded ? (kind == .deposit ? 40 : -40) : 0
        #expect(try await bank.balance(account, of: "ann").posted == 100 + change)
        #expect(try await bank.balance(account, of: "ann").pending == 0)
        #expect(Set(processor.keys).count == 1)
        #expect(processor.moved.count == (succeeded ? 1 : 0))
        #expect(try await bank.count("processor_operations") == 2, "the funding, and this one")
        #expect(try await bank.count("outbox") == 2)
        #expect(try await bank.count("entries") == (succeeded ? 4 : 2))
        try await bank.expectBalanced()
    }

    /// Does what a request does, until the process ends.
    private func run(
        _ bank: StoreFixture, _ order: OperationOrder, _ request: KeyedRequest, _ processor: ScriptedProcessor,
        until boundary: Boundary
    ) async {
        let isOver = Mutexed(false)
        var (target, moment) = (Int.max, InterruptedDatabase.Moment.before)
        if case .write(let number, let when) = boundary { (target, moment) = (number, when) }
        let database = InterruptedDatabase(bank.database, at: target, moment)
        let store = PaymentsStore(database: database, identifiers: bank.store.identifiers, clock: bank.clock)
        do {
            guard case .started(let operation) = try await store.start(order, for: request) else { return }
            let outcome = await InterruptedProcessor(processor: processor, boundary: boundary, isOver: isOver)
                .submit(operation.order)
            guard !isOver.current else { return }
            _ = try await store.advance(operation, by: outcome)
        } catch {
            #expect(error is Interruption)
            return
        }
        #expect(target == .max, "every boundary is met")
    }
}
