import Chassis
import Foundation
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories of sagas: orders, lost answers, callbacks that race with polling, time, and ends of the process.
@Suite struct SagaHistoryTests {
    /// How long each of the histories is: a tenth of `HISTORY_STEPS`, each step being several, or what takes a second.
    private static let steps = max(
        150, (ProcessInfo.processInfo.environment["HISTORY_STEPS"].flatMap(Int.init) ?? 0) / 10)

    @Test("Everything ends as the processor decided, once", arguments: 0..<4)
    func histories(_ index: Int) async throws {
        let announced = SeededGenerator.announced("histories(\(index))")
        var history = try await History(SeededGenerator(seed: announced.seed &+ UInt64(index)))
        for step in 1...Self.steps {
            try await history.step()
            // All of it is looked at more rarely where there is much of it.
            if step.isMultiple(of: 10 * max(1, Self.steps / 1_000)) { try await history.check() }
        }
        try await history.settle()
        #expect(history.begun > 20 && history.refused > 0, "the history met too little")
    }
}

private struct History {
    private(set) var begun = 0
    private(set) var refused = 0
    private var bank: StoreFixture
    private var generator: SeededGenerator
    private let processor: UnreliableProcessor
    private var accounts: [String] = []
    private var operations: [ProcessorOperation] = []
    /// Ends that have been seen: they never change.
    private var ends: [String: ProcessorOperation] = [:]
    private var count = 0

    init(_ generator: SeededGenerator) async throws {
        self.generator = generator
        processor = UnreliableProcessor(seed: generator.seed)
        bank = try await StoreFixture()
        for currency in ["USD", "JPY"] { accounts.append(try await bank.account(of: "ann", currency)) }
    }

    private var saga: ProcessorSaga { ProcessorSaga(store: bank.store, processor: processor) }

    mutating func step() async throws {
        count += 1
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<35: try await begin()
        case 35..<55: try await race()
        case 55..<70:
            if let operation = operations.randomElement(using: &generator) { _ = try await saga.step(operation) }
        case 70..<85: bank.clock.advance(milliseconds: Int64.random(in: 0...2_000, using: &generator))
        case 85..<95: try await saga.resume()
        case 95..<98: bank = try await bank.restarted()
        default: try await saga.resume(all: true)
        }
    }

    private mutating func begin() async throws {
        let account = accounts.randomElement(using: &generator)!
        let kind: ProcessorOperation.Kind = generator.chance(0.5) ? .deposit : .withdrawal
        let amount = Int64.random(in: 1...500, using: &generator)
        let available = try await bank.balance(account, of: "ann").available
        let order = OperationOrder(kind: kind, account: account, amount: amount, instrument: "any")
        let start = try await bank.store.start(order, for: bank.request(by: "ann", "k\(count)"))
        switch start {
        case .started(let operation):
            #expect(kind == .deposit || amount <= available, "step \(count)")
            begun += 1
            operations.append(operation)
            // The request asks at once, unless its process ends first.
            if generator.chance(0.8) { _ = try await saga.step(operation) }
        case .ended(let outcome):
            #expect(kind == .withdrawal && amount > available && outcome.status == 402, "step \(count)")
            refused += 1
        }
    }

    /// Callbacks, each perhaps twice and with one that tells nothing final, while others ask.
    private mutating func race() async throws {
        let told = processor.known.shuffled(using: &generator).prefix(5).map(processor.callback)
        let early = told.map { callback in
            ProcessorCallback(
                id: "early", key: callback.key, amount: callback.amount, currency: callback.currency, status: .pending)
        }
        let (store, saga) = (bank.store, saga)
        let asked = operations.shuffled(using: &generator).prefix(5)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for callback in told + early + told {
                group.addTask {
                    let result = try await store.apply(callback)
                    #expect([.applied, .repeated].contains(result), "\(callback): \(result)")
                }
            }
            for operation in asked { group.addTask { _ = try await saga.step(operation) } }
            try await group.waitForAll()
        }
    }

    /// Everything is asked for until it is final.
    mutating func settle() async throws {
        for _ in 0..<200 where try await !bank.store.operations(dueAt: .max, limit: 1).isEmpty {
            bank.clock.advance(milliseconds: 30_000)
            try await saga.resume()
        }
        try await check()
        #expect(ends.count == operations.count, "all have ended")
        #expect(try await bank.count("outbox") == operations.count, "each has one event")
        #expect(Set(processor.known.map(\.key)) == Set(operations.map(\.order.key)), "each has one key")
    }

    /// The balances are those that follow from the operations, and what has ended is as the processor decided.
    mutating func check() async throws {
        var expected: [String: Balance] = [:]
        for operation in operations {
            let now = try #require(try await bank.store.operation(operation.id, operation.kind, of: "ann"))
            if now.status != .processing {
                let outcome: ProcessorOutcome = now.failure.map { .declined(reason: $0) } ?? .succeeded
                #expect(outcome == processor.truth(now.order.key), "step \(count)")
                #expect(ends[now.id, default: now] == now, "step \(count): an end has changed")
                ends[now.id] = now
            }
            expected[now.account, default: Balance()].add(now)
        }
        for account in accounts {
            let balance = try await bank.balance(account, of: "ann")
            #expect(balance == expected[account, default: Balance()], "step \(count)")
            #expect(balance.available >= 0)
        }
        try await bank.expectBalanced()
    }
}

extension Balance {
    fileprivate mutating func add(_ operation: ProcessorOperation) {
        switch (operation.kind, operation.status) {
        case (.deposit, .processing): creditsPending += operation.amount
        case (.deposit, .succeeded): creditsPosted += operation.amount
        case (.withdrawal, .processing): debitsPending += operation.amount
        case (.withdrawal, .succeeded): debitsPosted += operation.amount
        case (_, .failed): break
        }
    }
}
