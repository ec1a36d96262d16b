import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// A history that goes on at random, done to the store and to the model.
struct RandomHistory {
    private(set) var model = LedgerModel()
    /// What the history has met, by name: a test sees that it met everything.
    private(set) var met: [String: Int] = [:]
    private var bank: StoreFixture
    private var generator: SeededGenerator
    private var answers: [(request: KeyedRequest, order: PaymentOrder, answer: StoredAnswer)] = []
    private var step = 0

    private static let owners = ["ann", "bob", "eve"]
    private static let currencies = ["USD", "JPY", "KWD"]
    /// Milliseconds.
    private static let authorizationLifetime: Int64 = 60_000
    /// Beyond these a history meets nothing new, only more.
    private static let mostAccounts = 60

    init(_ generator: SeededGenerator) async throws {
        self.generator = generator
        let fees = FeeSchedule(rules: LedgerModel.fees.mapValues { FeeRule(fixed: $0, basisPoints: 0) })
        bank = try await StoreFixture(
            rules: PaymentRules(authorizationLifetime: Self.authorizationLifetime, fees: fees))
        for owner in Self.owners {
            for currency in Self.currencies { try await open(owner, currency) }
        }
    }

    func did(_ act: String) -> Bool { (met["\(act) done"] ?? 0) > 0 }

    mutating func go() async throws {
        step += 1
        bank.clock.advance(milliseconds: Int64.random(in: 0...3_000, using: &generator))
        switch Int.random(in: 0..<1_000, using: &generator) {
        case 0..<20: try await open(pick(Self.owners), pick(Self.currencies))
        case 20..<400: try await pay()
        case 400..<480: try await capture()
        case 480..<540: try await cancel()
        case 540..<570: try await expire()
        case 570..<660: try await start(.deposit)
        case 660..<720: try await start(.withdrawal)
        case 720..<830: try await advance()
        case 830..<900: try await act()
        case 900..<980: try await retry()
        case 980..<985: bank = try await bank.restarted()
        case 985..<990: bank = try await bank.crashed()
        default: try await compareSome()
        }
    }

    private mutating func pick<T>(_ items: [T]) -> T { items.randomElement(using: &generator)! }

    /// Mostly `wanted`, so that not everything is refused.
    private mutating func mostly<T>(_ wanted: T, _ others: [T]) -> T { generator.chance(0.9) ? wanted : pick(others) }

    private mutating func note(_ what: String, _ isDone: Bool) {
        met["\(what) \(isDone ? "done" : "refused")", default: 0] += 1
    }

    private func request(_ owner: String) -> KeyedRequest { bank.request(by: owner, "k\(step)") }

    // MARK: - Steps

    private mutating func open(_ owner: String, _ currency: String) async throws {
        guard model.accounts.count < Self.mostAccounts else { return }
        let id = try await bank.account(of: owner, currency)
        model.accounts[id] = LedgerModel.AccountState(owner: owner, currency: currency)
    }

    private mutating func pay() async throws {
        let ids = model.accounts.keys.sorted() + ["acct_none"]
        let source = pick(ids)
        let currency = mostly(model.accounts[source]?.currency ?? "USD", Self.currencies)
        let alike = ids.filter { model.accounts[$0]?.currency == currency } + ["acct_none"]
        let payee = mostly(pick(alike), ids)
        let owner = mostly(model.accounts[source]?.owner ?? "ann", Self.owners)
        let amount = Int64.random(in: 1...400, using: &generator)
        var order = PaymentOrder(from: source, to: payee, amount, currency)
        let isManual = generator.chance(0.4)
        order.capture = isManual ? .manual : .automatic
        let request = request(owner)
        let expected = model.statusOfPayment(by: owner, from: source, to: payee, amount, currency)
        let outcome = try await bank.store.pay(order, to: .account(payee), for: request)
        #expect(outcome.status == expected, "step \(step): \(order) by \(owner)")
        if let id = outcome.paymentID {
            let payment = LedgerModel.PaymentState(
                source: source, payee: payee, amount: amount, expiresAt: bank.clock.now + Self.authorizationLifetime)
            model.pay(payment, id: id, isManual: isManual)
        }
        if case .answered(let answer) = outcome { answers.append((request, order, answer)) }
        note(isManual ? "authorisation" : "payment", expected == 201)
    }

    /// A payment that waits, or sometimes any.
    private mutating func somePayment() -> String? {
        let waiting = model.payments.filter { $0.value.status == .requiresCapture }.keys.sorted()
        let ids = waiting.isEmpty || generator.chance(0.1) ? model.payments.keys.sorted() : waiting
        return ids.randomElement(using: &generator)
    }

    private mutating func capture() async throws {
        guard let id = somePayment(), let payment = model.payments[id] else { return }
        let owner = model.accounts[payment.payee]!.owner
        let amount = generator.chance(0.5) ? nil : Int64.random(in: 1...payment.amount + 1, using: &generator)
        let expected = model.capture(id, amount ?? payment.amount, by: owner, at: bank.clock.now)
        let outcome = try await bank.store.capture(id, amount: amount, for: request(owner))
        #expect((outcome.status == 200) == expected, "step \(step): capture \(id): \(outcome)")
        note("capture", expected)
    }

    private mutating func cancel() async throws {
        guard let id = somePayment(), let payment = model.payments[id] else { return }
        let owner = mostly(model.accounts[payment.source]!.owner, Self.owners)
        let expected = model.cancel(id, by: owner)
        let outcome = try await bank.store.cancel(id, for: request(owner))
        #expect((outcome.status == 200) == expected, "step \(step): cancel \(id): \(outcome)")
        note("cancel", expected)
    }

    private mutating func expire() async throws {
        let expected = model.expire(at: bank.clock.now)
        #expect(try await bank.store.expireAuthorizations(pageSize: 3) == expected, "step \(step)")
        note("expiry", expected > 0)
    }

    private mutating func start(_ kind: ProcessorOperation.Kind) async throws {
        let account = pick(model.accounts.keys.sorted())
        let owner = mostly(model.accounts[account]!.owner, Self.owners)
        let amount = Int64.random(in: 1...(kind == .deposit ? 1_000 : 300), using: &generator)
        let operation = LedgerModel.OperationState(kind: kind, account: account, amount: amount)
        let expected = model.start(operation, by: owner)
        let order = OperationOrder(kind: kind, account: account, amount: amount, instrument: "any")
        let outcome = try await bank.store.start(order, for: request(owner))
        if case .started(let started) = outcome {
            #expect(expected, "step \(step): \(order) by \(owner)")
            model.operations[started.id] = operation
            running.append(started)
        } else {
            #expect(!expected, "step \(step): \(order) by \(owner): \(outcome)")
        }
        note(kind.rawValue, expected)
    }

    private var running: [ProcessorOperation] = []

    /// The processor tells of an operation: perhaps nothing final, perhaps twice.
    private mutating func advance() async throws {
        guard !running.isEmpty else { return }
        let index = Int.random(in: 0..<running.count, using: &generator)
        let operation = running[index]
        let outcome = pick([ProcessorOutcome.succeeded, .succeeded, .declined(reason: "no"), .pending, .unknown])
        for _ in 0..<(generator.chance(0.2) ? 2 : 1) {
            let advanced = try await bank.store.advance(operation, by: outcome)
            model.advance(operation.id, by: outcome)
            #expect(advanced.status == model.operations[operation.id]?.status, "step \(step): \(operation.id)")
        }
        // One in ten is told of again when it has ended.
        if model.operations[operation.id]?.status != .processing, generator.chance(0.9) { running.remove(at: index) }
        note("processor", outcome == .succeeded)
    }

    private mutating func act() async throws {
        let account = pick(model.accounts.keys.sorted())
        let act = pick([Account.Act.freeze, .unfreeze, .unfreeze, .unfreeze, .close])
        let owner = model.accounts[account]!.owner
        let expected = model.act(act, on: account)
        let outcome = try await bank.store.act(act, on: account, of: owner, once: request(owner))
        #expect((outcome.status == 200) == expected, "step \(step): \(act) \(account): \(outcome)")
        note(act.rawValue, expected)
    }

    /// The same request again, long after: the same answer, and nothing else.
    private mutating func retry() async throws {
        guard let (request, order, answer) = answers.randomElement(using: &generator),
            case .account(let payee) = order.payee
        else { return }
        let outcome = try await bank.store.pay(order, to: .account(payee), for: request)
        #expect(outcome == .replayed(answer), "step \(step)")
        note("retry", true)
    }

    // MARK: - Comparison

    private mutating func compareSome() async throws {
        for _ in 0..<3 { try await compareAccount(pick(model.accounts.keys.sorted())) }
    }

    private func compareAccount(_ id: String) async throws {
        let expected = try #require(model.accounts[id])
        let account = try #require(try await bank.store.account(id, of: expected.owner))
        #expect(account.status == expected.status, "step \(step): \(id)")
        #expect(account.balance.posted == expected.posted, "step \(step): \(id)")
        #expect(account.balance.creditsPending == expected.incoming, "step \(step): \(id)")
        #expect(account.balance.debitsPending == expected.reserved, "step \(step): \(id)")
    }

    /// Everything, and every invariant.
    func compareAll() async throws {
        for id in model.accounts.keys { try await compareAccount(id) }
        for (id, expected) in model.payments {
            let owner = try #require(model.accounts[expected.source]).owner
            let payment = try #require(try await bank.store.payment(id, of: owner))
            #expect(payment.status == expected.status && payment.captured == expected.captured, "\(id)")
        }
        #expect(try await bank.count("payments") == model.payments.count)
        #expect(try await bank.count("processor_operations") == model.operations.count)
        let verification = try await bank.database.read { reader in try Verification(reader) }
        #expect(verification.isClean, "\(verification.broken)")
    }
}
