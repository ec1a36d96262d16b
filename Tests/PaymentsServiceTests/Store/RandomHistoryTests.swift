import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories, run against the store and against a model that is too simple to be wrong.
@Suite struct RandomHistoryTests {
    @Test("Store and model agree after every step, also over restarts", arguments: 0..<4)
    func histories(_ index: Int) async throws {
        let announced = SeededGenerator.announced("histories(\(index))")
        var history = try await History(SeededGenerator(seed: announced.seed &+ UInt64(index)))
        for _ in 0..<400 { try await history.step() }
        try await history.compare()
        #expect(history.refusals > 0 && history.model.payments > 0, "the history met too little")
    }
}

/// What the ledger should hold.
private struct Model {
    struct Account { let owner: String, currency: String; var posted: Int64 = 0, pending: Int64 = 0 }
    struct OpenDeposit { let deposit: ProcessorOperation; let outcome: ProcessorOutcome }

    var accounts: [String: Account] = [:]
    var open: [OpenDeposit] = []
    var payments = 0

    /// The status that a payment must get, with its effect on the balances.
    mutating func pay(
        by owner: String, from source: String, to destination: String, _ amount: Int64, _ currency: String
    )
        -> Int?
    {
        guard source != destination else { return 422 }
        guard let payer = accounts[source], payer.owner == owner else { return nil }
        guard let payee = accounts[destination], payer.currency == currency, payee.currency == currency else {
            return 422
        }
        guard payer.posted >= amount else { return 402 }
        accounts[source]!.posted -= amount
        accounts[destination]!.posted += amount
        payments += 1
        return 201
    }
}

private struct History {
    var model = Model()
    var refusals = 0
    private var bank: StoreFixture
    private var generator: SeededGenerator
    private var keys: [(order: PaymentOrder, request: KeyedRequest, status: Int?)] = []
    private var count = 0

    private static let owners = ["ann", "bob", "eve"]
    private static let currencies = ["USD", "JPY", "KWD"]

    init(_ generator: SeededGenerator) async throws {
        self.generator = generator
        bank = try await StoreFixture()
        for owner in Self.owners {
            for currency in Self.currencies { try await open(owner, currency) }
        }
    }

    mutating func step() async throws {
        count += 1
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<2: try await open(pick(Self.owners), pick(Self.currencies))
        case 2..<60: try await pay()
        case 60..<75: try await retry()
        case 75..<90: try await deposit()
        case 90..<97: try await settle()
        case 97: bank = try await bank.restarted()
        default: try await compare()
        }
    }

    private mutating func pick<T>(_ items: [T]) -> T { items.randomElement(using: &generator)! }

    private mutating func open(_ owner: String, _ currency: String) async throws {
        let id = try await bank.account(of: owner, currency)
        model.accounts[id] = Model.Account(owner: owner, currency: currency)
    }

    private mutating func pay() async throws {
        let ids = model.accounts.keys.sorted() + ["acct_none"]
        let source = pick(ids)
        let destination = pick(ids)
        // Mostly the payer's own account and currency, so that not everything is refused.
        let careful = generator.chance(0.9)
        let owner = careful ? model.accounts[source]?.owner ?? "ann" : pick(Self.owners)
        let currency = careful ? model.accounts[source]?.currency ?? "USD" : pick(Self.currencies)
        let amount = Int64.random(in: 1...400, using: &generator)
        let order = PaymentOrder(from: source, to: destination, amount, currency)
        let request = bank.request(by: owner, "k\(count)")
        let expected = model.pay(by: owner, from: source, to: destination, amount, currency)
        let outcome = try await bank.store.pay(order, to: .account(destination), for: request)
        // The ledger names an unknown source before it names an unknown payee; both leave nothing behind.
        #expect(outcome.status == expected, "step \(count): \(order) by \(owner)")
        if expected != 201 { refusals += 1 }
        keys.append((order, request, expected))
    }

    private mutating func retry() async throws {
        guard !keys.isEmpty else { return }
        let (order, request, status) = pick(keys)
        guard let status, case .account(let payee) = order.payee else { return }
        let outcome = try await bank.store.pay(order, to: .account(payee), for: request)
        guard case .replayed(let answer) = outcome else { throw Unexpected(outcome) }
        #expect(answer.status == status)
    }

    private mutating func deposit() async throws {
        let account = pick(model.accounts.keys.sorted())
        let amount = Int64.random(in: 1...1_000, using: &generator)
        let owner = try #require(model.accounts[account]).owner
        let order = OperationOrder(kind: .deposit, account: account, amount: amount, instrument: "card_ok")
        let start = try await bank.store.start(order, for: bank.request(by: owner, "d\(count)"))
        guard case .started(let deposit) = start else { throw Unexpected(start) }
        model.accounts[account]!.pending += amount
        let outcome: ProcessorOutcome = generator.chance(0.8) ? .succeeded : .declined(reason: "no")
        model.open.append(Model.OpenDeposit(deposit: deposit, outcome: outcome))
        if generator.chance(0.7) { try await settle() }
    }

    /// Ends one open deposit, perhaps after answers that decide nothing, perhaps twice.
    private mutating func settle() async throws {
        guard !model.open.isEmpty else { return }
        let (deposit, outcome) = {
            let open = $0.open.remove(at: Int.random(in: 0..<$0.open.count, using: &$1))
            return (open.deposit, open.outcome)
        }(&model, &generator)
        if generator.chance(0.3) { _ = try await bank.store.advance(deposit, by: .unknown) }
        for _ in 0..<(generator.chance(0.2) ? 2 : 1) { _ = try await bank.store.advance(deposit, by: outcome) }
        model.accounts[deposit.account]!.pending -= deposit.amount
        if outcome == .succeeded { model.accounts[deposit.account]!.posted += deposit.amount }
    }

    func compare() async throws {
        for (id, expected) in model.accounts {
            let balance = try await bank.balance(id, of: expected.owner)
            #expect(balance.posted == expected.posted, "step \(count): \(id)")
            #expect(balance.pending == expected.pending, "step \(count): \(id)")
        }
        #expect(try await bank.count("payments") == model.payments)
        try await bank.expectBalanced()
    }
}
