import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct DepositSagaTests {
    private func start(_ bank: StoreFixture, _ account: String, key: String = "d") async throws -> ProcessorOperation {
        let order = OperationOrder(kind: .deposit, account: account, amount: 50, instrument: "card_ok")
        let start = try await bank.store.start(order, for: bank.request(by: "ann", key))
        guard case .started(let deposit) = start else { throw Unexpected(start) }
        return deposit
    }

    private func retry(_ bank: StoreFixture, _ account: String) async throws -> KeyedOutcome {
        let order = OperationOrder(kind: .deposit, account: account, amount: 50, instrument: "card_ok")
        let start = try await bank.store.start(order, for: bank.request(by: "ann", "d"))
        guard case .ended(let outcome) = start else { throw Unexpected(start) }
        return outcome
    }

    @Test func moneyOnItsWayIsPendingAndNotAvailable() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let deposit = try await start(bank, account)
        let balance = try await bank.balance(account, of: "ann")
        #expect((balance.posted, balance.pending, balance.available) == (0, 50, 0))
        #expect(try await retry(bank, account) == .inProgress)
        try await bank.expectBalanced()

        _ = try await bank.store.advance(deposit, by: .succeeded)
        let after = try await bank.balance(account, of: "ann")
        #expect((after.posted, after.pending, after.available) == (50, 0, 50))
        try await bank.expectBalanced()
    }

    @Test func aDeclinedCardLeavesNoMoney() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let saga = ProcessorSaga(store: bank.store, processor: ScriptedProcessor(.declined(reason: "card_declined")))
        let deposit = try await saga.step(try await start(bank, account))
        #expect(deposit.status == .failed)
        #expect(try await bank.balance(account, of: "ann") == Balance())
        let replay = try await retry(bank, account)
        #expect(replay.status == 402)
        #expect(replay.body.contains("\"code\":\"card_declined\""))
        #expect(replay.body.contains("request-d"), "the document names the request that was refused")
        #expect(try await bank.count("entries") == 0)
        try await bank.expectBalanced()
    }

    @Test("Neither a slow nor a lost answer ends it; asking again does, under the same key")
    func slowAndLost() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let processor = ScriptedProcessor(.unknown, .pending, .succeeded)
        let saga = ProcessorSaga(store: bank.store, processor: processor)
        let open = try await saga.step(try await start(bank, account))
        #expect(open.status == .processing)
        #expect(try await retry(bank, account).status == 202)

        #expect(try await saga.resume() == 0, "its time has not come")
        bank.clock.advance(milliseconds: 250)
        #expect(try await saga.resume() == 1)
        #expect(try await bank.balance(account, of: "ann").pending == 50)
        bank.clock.advance(milliseconds: 500)
        #expect(try await saga.resume() == 1)
        #expect(try await bank.balance(account, of: "ann").posted == 50)
        #expect(try await saga.resume(all: true) == 0)
        #expect(processor.keys.count == 3)
        #expect(processor.moved.count == 1)
        // The first answer stays the key's answer; the deposit's own page tells how it went on.
        #expect(try await retry(bank, account).status == 202)
        #expect(try await bank.store.operation(open.id, .deposit, of: "ann")?.status == .succeeded)
        #expect(try await bank.store.operation(open.id, .deposit, of: "eve") == nil)
        try await bank.expectBalanced()
    }

    /// A processor during whose first answer the time of day is set back by an hour.
    private struct ProcessorInTheNightOfTheClocks: Processor {
        let processor: ScriptedProcessor
        let clock: ManualWallClock

        func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? { nil }

        func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
            if processor.keys.isEmpty { clock.advance(seconds: -3_600) }
            return await processor.submit(order)
        }
    }

    @Test("A clock that goes back has nobody ask the processor without a pause")
    func clockGoesBack() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        // It ends some time, so that a saga that does not wait ends too.
        let scripted = ScriptedProcessor(.pending, .pending, .pending, .pending, .pending, .succeeded)
        let saga = ProcessorSaga(
            store: bank.store, processor: ProcessorInTheNightOfTheClocks(processor: scripted, clock: bank.clock))
        _ = try await start(bank, account)
        #expect(try await saga.resume(all: true) == 1)
        #expect(scripted.keys.count == 1)
        bank.clock.advance(milliseconds: 250)
        #expect(try await saga.resume() == 1)
        #expect(scripted.keys.count == 2)
    }

    @Test("A clock that was set back lets no deposit wait until it has caught up")
    func clockWasSetBack() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let processor = ScriptedProcessor(.pending, .succeeded)
        let saga = ProcessorSaga(store: bank.store, processor: processor)
        _ = try await start(bank, account)
        bank.clock.advance(seconds: -3_600)
        #expect(try await saga.resume() == 1)
        #expect(try await saga.resume() == 0, "its time has not come")
        bank.clock.advance(seconds: -3_600)
        #expect(try await saga.resume() == 1)
        #expect(try await bank.balance(account, of: "ann").posted == 50)
        #expect(processor.keys.count == 2)
    }

    enum CrashPoint: CaseIterable { case afterTheFirstCommit, afterTheCharge, afterTheLastCommit }

    @Test(
        "After a crash at any step the deposit ends as the processor says, once",
        arguments: CrashPoint.allCases, [ProcessorOutcome.succeeded, .declined(reason: "card_declined")])
    func crash(at point: CrashPoint, outcome: ProcessorOutcome) async throws {
        var bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let processor = ScriptedProcessor(outcome)
        let deposit = try await start(bank, account)
        if point != .afterTheFirstCommit {
            _ = await processor.submit(deposit.order)
        }
        if point == .afterTheLastCommit { _ = try await bank.store.advance(deposit, by: outcome) }

        bank = try await bank.restarted()
        let resumed = try await ProcessorSaga(store: bank.store, processor: processor).resume(all: true)

        #expect(resumed == (point == .afterTheLastCommit ? 0 : 1))
        let succeeded = outcome == .succeeded
        #expect(try await bank.balance(account, of: "ann").posted == (succeeded ? 50 : 0))
        #expect(try await bank.balance(account, of: "ann").pending == 0)
        #expect(try await retry(bank, account).status == (succeeded ? 201 : 402))
        #expect(processor.moved.count == (succeeded ? 1 : 0))
        #expect(Set(processor.keys) == [deposit.order.key])
        #expect(try await bank.count("outbox") == 1)
        try await bank.expectBalanced()
    }

    @Test("Request and saga may both bring the answer: it counts once")
    func racingSteps() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let deposit = try await start(bank, account)
        let saga = ProcessorSaga(store: bank.store, processor: ScriptedProcessor(.succeeded))
        let ends = try await withThrowingTaskGroup(of: ProcessorOperation.self) { group in
            for _ in 0..<20 { group.addTask { try await saga.step(deposit) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.allSatisfy { $0.status == .succeeded })
        #expect(try await bank.balance(account, of: "ann").posted == 50)
        #expect(try await bank.count("outbox") == 1)
        try await bank.expectBalanced()
    }

    @Test func onlyIntoOnesOwnAccount() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "bob")
        for target in [account, "acct_none", "sys_processor_USD"] {
            let order = OperationOrder(kind: .deposit, account: target, amount: 50, instrument: "card_ok")
            let start = try await bank.store.start(order, for: bank.request(by: "ann", "d"))
            guard case .ended(.notFound) = start else { throw Unexpected(start) }
        }
        #expect(try await bank.count("transfers") == 0)
        #expect(try await bank.count("idempotency_keys") == 0)
    }

    @Test("A key of a saga that is under way outlives the purge")
    func purgeSparesOpenSagas() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let deposit = try await start(bank, account)
        bank.clock.advance(milliseconds: 2 * PaymentsStore.keyLifetimeMilliseconds)
        #expect(try await bank.store.purgeKeys() == 0)
        #expect(try await retry(bank, account) == .inProgress)
        _ = try await bank.store.advance(deposit, by: .succeeded)
        #expect(try await bank.store.purgeKeys() == 1)
    }

    @Test("Keys of sagas that are under way do not hold up the purge of those behind them")
    func purgePassesOpenSagas() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        for number in 0..<6 { _ = try await start(bank, account, key: "open\(number)") }
        for number in 0..<7 {
            let ended = try await start(bank, account, key: "ended\(number)")
            _ = try await bank.store.advance(ended, by: .succeeded)
        }
        bank.clock.advance(milliseconds: PaymentsStore.keyLifetimeMilliseconds + 1)
        _ = try await start(bank, account, key: "young")
        #expect(try await bank.store.purgeKeys(windowSize: 3) == 7)
        #expect(try await bank.count("idempotency_keys") == 7)
    }

    @Test("After a crash with many deposits under way, all of them are resumed at once")
    func manyAreResumed() async throws {
        var bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        for number in 0..<230 { _ = try await start(bank, account, key: "d\(number)") }
        bank = try await bank.restarted()
        let slow = ScriptedProcessor(.pending)
        #expect(try await ProcessorSaga(store: bank.store, processor: slow).resume(all: true) == 230)
        #expect(Set(slow.keys).count == 230 && slow.keys.count == 230, "each is asked once")
        bank.clock.advance(milliseconds: 250)
        #expect(try await ProcessorSaga(store: bank.store, processor: ScriptedProcessor(.succeeded)).resume() == 230)
        #expect(try await bank.balance(account, of: "ann").posted == 230 * 50)
        try await bank.expectBalanced()
    }
}
