import Chassis
import Storage

/// A deposit that has passed validation.
struct DepositOrder: Sendable, Hashable {
    let account: String
    /// Minor units of the account's currency.
    let amount: Int64
    /// The card, as the processor knows it.
    let source: String
}

/// How the first step of a deposit ended.
enum DepositStart: Sendable {
    /// The deposit is on disk; the processor is to be asked.
    case started(Deposit)
    /// There is nothing to do but to answer.
    case ended(KeyedOutcome)
}

extension PaymentsStore {
    /// How long the request that started a deposit has it for itself, before the saga takes over: longer than a
    /// processor takes to answer, short enough for a customer who waits after a crash.
    static let leaseMilliseconds: Int64 = 5_000

    /// First step: the key (without an answer), the pending transfer and the deposit are one transaction.
    func startDeposit(_ order: DepositOrder, for request: KeyedRequest) async throws -> DepositStart {
        let now = clock.now
        let ids = (deposit: identifiers.make("dep"), transfer: identifiers.make("trf"))
        return try await database.write { transaction in
            if let earlier = try transaction.earlierOutcome(of: request) { return .ended(earlier) }
            try request.deadline.expect()
            let expected = try Ledger(transaction: transaction).expect(
                id: ids.transfer, into: order.account, ownedBy: request.subject, amount: order.amount, at: now)
            switch expected {
            case .failure(let refusal):
                return .ended(try transaction.once(request, at: now) { .failure(refusal) })
            case .success(let transfer):
                try transaction.insertKey(of: request, answer: nil, at: now)
                let deposit = Deposit(id: ids.deposit, order, transfer, for: request)
                try transaction.insert(deposit, key: request.key.value, dueAt: now + Self.leaseMilliseconds)
                return .started(deposit)
            }
        }
    }

    /// Any later step: applies what the processor said. It may be called by several at once and more than once: only
    /// a deposit that is still processing changes.
    ///
    /// - Returns: The deposit as it is now.
    func advance(_ deposit: Deposit, by outcome: ChargeOutcome) async throws -> Deposit {
        let now = clock.now
        let ids = (transfer: identifiers.make("trf"), event: identifiers.make("evt"))
        let (deposit, hasEnded) = try await database.write { transaction in
            guard var deposit = try transaction.deposit(deposit.id), let action = deposit.action(on: outcome) else {
                return (try transaction.deposit(deposit.id) ?? deposit, false)
            }
            deposit.attempts += 1
            var due = now
            let ledger = Ledger(transaction: transaction)
            switch action {
            case .post:
                try ledger.post(try ledger.transfer(deposit.transfer), id: ids.transfer, at: now)
                deposit.status = .succeeded
            case .void(let reason):
                try ledger.void(try ledger.transfer(deposit.transfer), id: ids.transfer, at: now)
                deposit.status = .failed
                deposit.failure = reason
            case .askAgain(let milliseconds):
                due = now + milliseconds
            }
            try transaction.update(deposit, dueAt: due, answer: StoredAnswer(deposit))
            if let event = deposit.event(id: ids.event, at: now) { try transaction.insert(event) }
            return (deposit, deposit.status != .processing)
        }
        if hasEnded { metrics.count(ended: deposit) }
        return deposit
    }

    /// The deposit, when `owner` asked for it.
    func deposit(_ id: String, of owner: String) async throws -> Deposit? {
        let deposit = try await database.lookup { reader in try reader.deposit(id) }
        return deposit?.owner == owner ? deposit : nil
    }

    /// Makes every deposit that is under way due now.
    func makeOpenDepositsDue() async throws {
        let now = clock.now
        try await database.write { transaction in
            _ = try transaction.execute(
                "UPDATE deposits SET next_attempt_at = ?1 WHERE status = 'processing' AND next_attempt_at > ?1",
                .integer(now))
        }
    }

    /// The deposits whose next attempt is due at `time`, the longest waiting first.
    func deposits(dueAt time: Int64, limit: Int = 100) async throws -> [Deposit] {
        try await database.read { reader in
            let ids = try reader.all(
                """
                SELECT id FROM deposits WHERE status = 'processing' AND next_attempt_at <= ?
                ORDER BY next_attempt_at LIMIT ?
                """, .integer(time), .integer(Int64(limit))
            ) { row in try row.string(0) }
            return try ids.compactMap { id in try reader.deposit(id) }
        }
    }
}

extension Reader {
    fileprivate func deposit(_ id: String) throws -> Deposit? {
        try first(Deposit.columns + " WHERE id = ?", .text(id), map: Deposit.init)
    }
}

extension Transaction {
    fileprivate func insert(_ deposit: Deposit, key: String, dueAt due: Int64) throws {
        try execute(
            """
            INSERT INTO deposits (id, owner, status, account, amount, currency, source, transfer, next_attempt_at,
                idempotency_key, request_id, trace_id, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(deposit.id), .text(deposit.owner), .text(deposit.status.rawValue), .text(deposit.account),
            .integer(deposit.amount), .text(deposit.currency), .text(deposit.source), .text(deposit.transfer),
            .integer(due), .text(key), .text(deposit.occurrence.requestID), .text(deposit.occurrence.traceID),
            .integer(deposit.createdAt))
    }

    /// Stores the deposit's progress, and the answer under its key unless there is one already.
    fileprivate func update(_ deposit: Deposit, dueAt due: Int64, answer: StoredAnswer) throws {
        let key = try first(
            """
            UPDATE deposits SET status = ?2, failure = ?3, attempts = ?4, next_attempt_at = ?5 WHERE id = ?1
            RETURNING idempotency_key
            """,
            .text(deposit.id), .text(deposit.status.rawValue), SQLValue(deposit.failure),
            .integer(Int64(deposit.attempts)), .integer(due)
        ) { row in try row.string(0) }
        if let key { try completeKey(key, of: deposit.owner, with: answer) }
    }
}

extension Deposit {
    fileprivate init(id: String, _ order: DepositOrder, _ transfer: Transfer, for request: KeyedRequest) {
        self.init(
            id: id, owner: request.subject, status: .processing, account: order.account, amount: order.amount,
            currency: transfer.currency, source: order.source, failure: nil, transfer: transfer.id, attempts: 0,
            occurrence: request.occurrence, createdAt: transfer.createdAt)
    }

    /// What ``init(_:)`` reads.
    static let columns: SQL = """
        SELECT id, owner, status, account, amount, currency, source, failure, transfer, attempts, request_id, trace_id,
            created_at
        FROM deposits
        """

    init(_ row: Row) throws {
        let status = try row.string(2)
        guard let status = Status(rawValue: status) else { throw UnknownStatus(text: status) }
        self.init(
            id: try row.string(0), owner: try row.string(1), status: status, account: try row.string(3),
            amount: try row.int64(4), currency: try row.string(5), source: try row.string(6),
            failure: try row.optionalString(7), transfer: try row.string(8), attempts: try row.int(9),
            occurrence: Occurrence(requestID: try row.string(10), traceID: try row.string(11)),
            createdAt: try row.int64(12))
    }

    fileprivate func event(id: String, at now: Int64) -> Event? {
        let type: Event.Kind
        switch status {
        case .processing: return nil
        case .succeeded: type = .depositSucceeded
        case .failed: type = .depositFailed
        }
        return Event(id: id, type: type, owner: owner, data: json, createdAt: now)
    }
}
