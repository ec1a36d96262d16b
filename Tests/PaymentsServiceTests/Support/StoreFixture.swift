import Chassis
import Foundation
import Logging
import PowerLoss
import TestSupport
import Testing

@testable import PaymentsService
@testable import Storage

/// A store on a database of its own, with a clock that stands still and ids that count.
struct StoreFixture: Sendable {
    let directory: TemporaryDirectory
    let clock: ManualWallClock
    let database: SQLiteDatabase
    let store: PaymentsStore
    /// Is told of each commit.
    let commits = CommitSignal()
    let metrics = MetricsRegistry()

    /// - Parameter disk: What the database lies on; the system's own when nil.
    init(batchLimit: Int = 256, rules: PaymentRules = PaymentRules(), on disk: Disk? = nil) async throws {
        try await self.init(
            disk?.directory ?? TemporaryDirectory(), ManualWallClock(), SequentialIdentifierGenerator(),
            batchLimit: batchLimit, rules: rules, fileSystem: disk.map { _ in Disk.configuredFileSystem })
    }

    private init(
        _ directory: TemporaryDirectory, _ clock: ManualWallClock, _ identifiers: any IdentifierGenerator,
        batchLimit: Int = 256, rules: PaymentRules = PaymentRules(), fileSystem: String? = nil
    ) async throws {
        var options = SQLiteOptions()
        options.fileSystem = fileSystem
        options.batchLimit = batchLimit
        options.observer = commits
        options.logger.logLevel = fileSystem == nil ? .warning : .critical
        self.directory = directory
        self.clock = clock
        database = try await SQLiteDatabase.open(
            path: directory.file("payments.sqlite"), migrations: Schema.migrations, options: options)
        store = PaymentsStore(
            database: database, identifiers: identifiers, clock: clock, rules: rules, metrics: PaymentsMetrics(metrics))
    }

    /// What a process finds that starts after this one has gone.
    func restarted() async throws -> StoreFixture {
        await database.close()
        return try await StoreFixture(directory, clock, store.identifiers, rules: store.rules)
    }

    /// What a process finds that starts after this one was killed between two requests: the files as they lie there, the
    /// log not folded in.
    func crashed() async throws -> StoreFixture {
        let copy = try TemporaryDirectory()
        // The log last: whatever the database lacks by then, it has.
        for name in ["payments.sqlite", "payments.sqlite-wal"] {
            try FileManager.default.copyItem(atPath: directory.file(name), toPath: copy.file(name))
        }
        await database.close()
        return try await StoreFixture(copy, clock, store.identifiers, rules: store.rules)
    }

    /// Opens an account of `owner` and puts `amount` into it.
    func account(of owner: String, _ currency: String = "USD", holding amount: Int64 = 0) async throws -> String {
        let currency = try #require(Currency(code: currency))
        let opened = try await store.openAccount(in: currency, for: owner, once: nil)
        guard case .answered(let answer) = opened, let location = answer.location else { throw Unexpected(opened) }
        let id = String(try #require(location.split(separator: "/").last))
        if amount > 0 { try await deposit(amount, into: id, of: owner) }
        return id
    }

    func deposit(_ amount: Int64, into account: String, of owner: String) async throws {
        let order = OperationOrder(kind: .deposit, account: account, amount: amount, instrument: "card_ok")
        let request = request(by: owner, "fund-\(account)-\(store.identifiers.make("n"))")
        guard case .started(let deposit) = try await store.start(order, for: request) else {
            throw Unexpected("no deposit")
        }
        _ = try await store.advance(deposit, by: .succeeded)
    }

    /// Reserves `amount` for another account, and returns the payment.
    func authorize(
        _ amount: Int64, from source: String, of payer: String, to payee: String, _ currency: String = "USD",
        key: String
    ) async throws -> Payment {
        var order = PaymentOrder(from: source, to: payee, amount, currency)
        order.capture = .manual
        let outcome = try await store.pay(order, to: .account(payee), for: request(by: payer, key))
        let id = try #require(outcome.paymentID, "\(outcome)")
        return try #require(try await store.payment(id, of: payer))
    }

    /// A request by `subject` under `key`; a different `body` makes it a different request.
    func request(by subject: String, _ key: String, body: String = "body") -> KeyedRequest {
        KeyedRequest(
            subject: subject, key: IdempotencyKey(field: key)!,
            fingerprint: Fingerprint(method: "POST", path: "/v1/payments", body: Array(body.utf8)),
            occurrence: Occurrence(requestID: "request-\(key)", traceID: "trace"))
    }

    /// The sandbox on a database of its own, which outlives restarts. Slow orders take two seconds.
    func sandbox() async throws -> SandboxProcessor {
        var logger = Logger(label: "sandbox")
        logger.logLevel = .error
        return try await SandboxProcessor.open(
            path: directory.file(SandboxProcessor.databaseName), clock: clock, slowMilliseconds: 2_000, logger: logger)
    }

    func balance(_ account: String, of owner: String) async throws -> Balance {
        try #require(try await store.account(account, of: owner)).balance
    }

    /// The books, which must balance whenever anybody looks.
    func expectBalanced(_ location: SourceLocation = #_sourceLocation) async throws {
        let trial = try await store.trialBalance()
        #expect(trial.isBalanced, "\(trial)", sourceLocation: location)
    }

    /// Every row of every table as text, without those of some tables.
    func dump(without ignored: Set<String> = []) async throws -> [String: [String]] {
        try await database.read { reader in
            let tables = try reader.all(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ) { try $0.string(0) }
            var rows: [String: [String]] = [:]
            for table in tables where !ignored.contains(table) {
                let columns = try reader.all(
                    "SELECT 'quote(' || name || ')' FROM pragma_table_info(?) ORDER BY cid", .text(table)
                ) { try $0.string(0) }
                let sql = "SELECT \(columns.joined(separator: " || ' ' || ")) FROM \(table) ORDER BY 1"
                rows[table] = try reader.all(SQL(assembled: sql)) { try $0.string(0) }
            }
            return rows
        }
    }

    func count(_ table: String) async throws -> Int {
        let sql = SQL(assembled: "SELECT COUNT(*) FROM \(table)")
        return try #require(try await database.read { try $0.first(sql) { try $0.int(0) } })
    }
}

struct Unexpected: Error {
    let what: String
    init(_ what: Any) { self.what = "\(what)" }
}

extension PaymentOrder {
    init(from source: String, to payee: String, _ amount: Int64, _ currency: String = "USD") {
        self.init(
            source: source, payee: .account(payee), amount: amount, currency: currency, description: nil)
    }
}

extension KeyedOutcome {
    /// The id of the payment that was made.
    var paymentID: String? {
        guard case .answered(let answer) = self, let location = answer.location else { return nil }
        return location.split(separator: "/").last.map(String.init)
    }

    var status: Int? {
        switch self {
        case .answered(let answer), .replayed(let answer): answer.status
        case .reused, .inProgress, .notFound: nil
        }
    }

    var body: String {
        switch self {
        case .answered(let answer), .replayed(let answer): String(decoding: answer.body, as: UTF8.self)
        case .reused, .inProgress, .notFound: ""
        }
    }
}
