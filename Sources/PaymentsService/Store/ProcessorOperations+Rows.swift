import Storage

extension Reader {
    func operation(_ id: String) throws -> ProcessorOperation? {
        try first(ProcessorOperation.columns + " WHERE id = ?", .text(id), map: ProcessorOperation.init)
    }
}

extension Transaction {
    func insert(_ operation: ProcessorOperation, key: String, dueAt due: Int64) throws {
        try execute(
            """
            INSERT INTO processor_operations (id, kind, owner, status, account, amount, currency, instrument, transfer,
                next_attempt_at, idempotency_key, request_id, trace_id, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(operation.id), .text(operation.kind.rawValue), .text(operation.owner),
            .text(operation.status.rawValue), .text(operation.account), .integer(operation.amount),
            .text(operation.currency), .text(operation.instrument), .text(operation.transfer), .integer(due),
            .text(key), .text(operation.occurrence.requestID), .text(operation.occurrence.traceID),
            .integer(operation.createdAt))
    }

    /// Stores the operation's progress, and the answer under its key unless there is one already.
    func update(_ operation: ProcessorOperation, dueAt due: Int64, answer: StoredAnswer) throws {
        let key = try first(
            """
            UPDATE processor_operations SET status = ?2, failure = ?3, attempts = ?4, next_attempt_at = ?5
            WHERE id = ?1 RETURNING idempotency_key
            """,
            .text(operation.id), .text(operation.status.rawValue), SQLValue(operation.failure),
            .integer(Int64(operation.attempts)), .integer(due)
        ) { row in try row.string(0) }
        if let key { try completeKey(key, of: operation.owner, with: answer) }
    }
}

extension ProcessorOperation {
    init(id: String, _ order: OperationOrder, _ transfer: Transfer, for request: KeyedRequest) {
        self.init(
            id: id, kind: order.kind, owner: request.subject, status: .processing, account: order.account,
            amount: order.amount, currency: transfer.currency, instrument: order.instrument, failure: nil,
            transfer: transfer.id, attempts: 0, occurrence: request.occurrence, createdAt: transfer.createdAt)
    }

    /// What ``init(_:)`` reads.
    static let columns: SQL = """
        SELECT id, kind, owner, status, account, amount, currency, instrument, failure, transfer, attempts, request_id,
            trace_id, created_at
        FROM processor_operations
        """

    init(_ row: Row) throws {
        let (kind, status) = (try row.string(1), try row.string(3))
        guard let kind = Kind(rawValue: kind) else { throw UnknownStatus(text: kind) }
        guard let status = Status(rawValue: status) else { throw UnknownStatus(text: status) }
        self.init(
            id: try row.string(0), kind: kind, owner: try row.string(2), status: status, account: try row.string(4),
            amount: try row.int64(5), currency: try row.string(6), instrument: try row.string(7),
            failure: try row.optionalString(8), transfer: try row.string(9), attempts: try row.int(10),
            occurrence: Occurrence(requestID: try row.string(11), traceID: try row.string(12)),
            createdAt: try row.int64(13))
    }

    /// What to tell others of its end; nil while it has none.
    func event(id: String, at now: Int64) -> Event? {
        let type: Event.Kind
        switch (kind, status) {
        case (_, .processing): return nil
        case (.deposit, .succeeded): type = .depositSucceeded
        case (.deposit, .failed): type = .depositFailed
        case (.withdrawal, .succeeded): type = .withdrawalSucceeded
        case (.withdrawal, .failed): type = .withdrawalFailed
        }
        return Event(id: id, type: type, owner: owner, data: json, createdAt: now)
    }
}
