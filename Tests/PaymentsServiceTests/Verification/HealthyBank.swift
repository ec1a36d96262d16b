import Chassis
import ServiceStorage
import TestSupport
import Testing

@testable import PaymentsService
@testable import Storage

/// A database in which a little of everything has happened.
struct HealthyBank {
    let bank: StoreFixture
    /// Ann's, who paid, and bob's, who received.
    let accounts: (ann: String, bob: String)
    var path: String { bank.directory.file("payments.sqlite") }

    init() async throws {
        // One yen of each hundred and more, so that only payments of yen have a fee.
        let fees = FeeSchedule(rules: ["JPY": FeeRule(fixed: 1, basisPoints: 100)])
        let limits = DailyLimits(amounts: ["JPY": 1_000])
        bank = try await StoreFixture(rules: PaymentRules(fees: fees, limits: limits))
        accounts = (try await bank.account(of: "ann", holding: 100), try await bank.account(of: "bob"))
        try await useProcessor()
        try await listen()
        try await pay()
        // Nobody knows of keys that were purged: what is looked for is an hour younger than the oldest one.
        bank.clock.advance(milliseconds: 2 * 3_600_000)
        try await authorize()
        try await payBatches()
        try await refund()
        _ = try await bank.store.distribute(limit: 8)
        try await deliver()
        try await support()
    }

    /// A deposit that failed, two that are under way, one of which nothing is known yet, and a withdrawal.
    private func useProcessor() async throws {
        let store = bank.store
        _ = try await store.advance(try await start(.deposit, 5), by: .declined(reason: "no"))
        _ = try await store.advance(try await start(.deposit, 7), by: .unknown)
        _ = try await start(.deposit, 17)
        try await bank.deposit(20, into: accounts.bob, of: "bob")
        _ = try await store.advance(try await start(.withdrawal, 13), by: .succeeded)
    }

    private func start(_ kind: ProcessorOperation.Kind, _ amount: Int64) async throws -> ProcessorOperation {
        let order = OperationOrder(kind: kind, account: accounts.bob, amount: amount, instrument: "ok")
        let started = try await bank.store.start(order, for: bank.request(by: "bob", "p\(amount)"))
        guard case .started(let operation) = started else { throw Unexpected(started) }
        return operation
    }

    /// Payments of 40 and 30, one that is refused, and one with a fee.
    private func pay() async throws {
        for amount: Int64 in [40, 30, 500] { try await pay(amount, from: accounts.ann, to: accounts.bob) }
        let yen = (try await bank.account(of: "ann", "JPY", holding: 9), try await bank.account(of: "bob", "JPY"))
        try await pay(6, from: yen.0, to: yen.1, "JPY")
    }

    private func pay(_ amount: Int64, from source: String, to payee: String, _ currency: String = "USD") async throws {
        _ = try await bank.store.pay(
            .init(from: source, to: payee, amount, currency), to: .account(payee),
            for: bank.request(by: "ann", "k\(amount)"))
    }

    /// Authorisations: captured in part, canceled, and open.
    private func authorize() async throws {
        let store = bank.store
        let payments = try await [11, 12, 2].asyncMap { amount in
            try await bank.authorize(amount, from: accounts.ann, of: "ann", to: accounts.bob, key: "a\(amount)")
        }
        _ = try await store.capture(payments[0].id, amount: 8, for: bank.request(by: "bob", "capture"))
        _ = try await store.cancel(payments[1].id, for: bank.request(by: "ann", "cancel"))
    }

    /// Two of which one is refused: one by one, and both or none.
    private func payBatches() async throws {
        let orders = [3, 600].map { PaymentOrder(from: accounts.ann, to: accounts.bob, $0) }
        for mode in Batch.Mode.allCases {
            let batch = Batch(mode: mode, orders: orders)
            _ = try await bank.store.pay(batch, for: bank.request(by: "ann", "batch-\(mode.rawValue)"))
        }
    }

    /// Two of one payment, and one of all that was captured.
    private func refund() async throws {
        for (amount, refunded) in [(30, 14), (30, 15), (8, nil)] as [(Int64, Int64?)] {
            let id = try await bank.database.read { reader in
                try reader.first("SELECT id FROM payments WHERE captured = ?", .integer(amount)) { try $0.string(0) }
            }
            let order = RefundOrder(payment: id ?? "", amount: refunded, reason: nil)
            _ = try await bank.store.refund(order, for: bank.request(by: "bob", "refund-\(refunded ?? 0)"))
        }
    }

    /// Endpoints of bob, of ann, who removes hers, and of dan, to whom nothing happens.
    private func listen() async throws {
        for owner in ["bob", "ann", "dan"] {
            let order = WebhookEndpointOrder(url: "https://\(owner).example/", types: ["payment.succeeded"])
            _ = try await bank.store.makeWebhookEndpoint(order, for: owner, atMost: 10)
        }
    }

    /// Deliveries that arrived, are dead, wait, and belong to nobody any more; and a test.
    private func deliver() async throws {
        let store = bank.store
        let bobs = try #require(try await store.webhookEndpoints(of: "bob", before: nil, limit: 1).first)
        let anns = try #require(try await store.webhookEndpoints(of: "ann", before: nil, limit: 1).first)
        let due = try await store.dueDeliveries(to: bobs.id, limit: 3).map(\.delivery)
        try await store.settle(due[0], .answered(204), random: 0)
        try await store.settle(due[1], .answered(500), random: 0)
        bank.clock.advance(milliseconds: DeliverySchedule.lifetime - 1_000)
        try await store.settle(due[1], .failed("timeout"), random: 0)
        try await store.settle(due[2], .failed("timeout"), random: 0)
        _ = try await store.redeliver(due[2].id, to: bobs.id)
        _ = try await store.testWebhook(bobs)
        #expect(try await store.remove(webhookEndpoint: anns.id, of: "ann"))
    }

    /// Lines in the audit log, and an account that is closed.
    private func support() async throws {
        let support = AuditOrigin(actor: "eve", address: nil, requestID: "r")
        for act in [Account.Act.freeze, .unfreeze] {
            _ = try await bank.store.act(act, on: accounts.ann, by: support, because: "because")
        }
        let empty = try await bank.account(of: "cyd")
        _ = try await bank.store.act(.close, on: empty, of: "cyd", once: nil)
    }

    /// Changes what the database itself would never let anybody change: its triggers are away meanwhile, its
    /// constraints are not looked at.
    func plant(_ sql: String) async throws {
        let connection = try Connection(path: path, role: .writer, options: SQLiteOptions())
        let triggers = try connection.all("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'") { row in
            (name: try row.string(0), sql: try row.string(1))
        }
        try connection.script("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
        for trigger in triggers { try connection.script("DROP TRIGGER \(trigger.name)") }
        try connection.script(
            sql.replacing("'A'", with: "'\(accounts.ann)'").replacing("'B'", with: "'\(accounts.bob)'"))
        for trigger in triggers { try connection.script(trigger.sql) }
    }
}

extension Sequence {
    /// `map`, one after the other.
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async throws -> [T] {
        var mapped: [T] = []
        for element in self { mapped.append(try await transform(element)) }
        return mapped
    }
}
