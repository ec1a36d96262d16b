import Chassis
import Storage

/// A deposit or a withdrawal that has passed validation.
struct OperationOrder: Sendable, Hashable {
    let kind: ProcessorOperation.Kind
    let account: String
    /// Minor units of the account's currency.
    let amount: Int64
    /// What the account's currency must be, where the request says it.
    var currency: String?
    /// The card or the bank account, as the processor knows it.
    let instrument: String
}

/// How the first step of an operation ended.
enum OperationStart: Sendable {
    /// The operation is on disk; the processor is to be asked.
    case started(ProcessorOperation)
    /// There is nothing to do but to answer.
    case ended(KeyedOutcome)
}

extension PaymentsStore {
    /// How long the request that started an operation has it for itself, before the saga takes over: longer than a
    /// processor takes to answer, short enough for a customer who waits after a crash.
    static let leaseMilliseconds: Int64 = 5_000

    /// First step: the key (without an answer), the pending transfer and the operation are one transaction.
    func start(_ order: OperationOrder, for request: KeyedRequest) async throws -> OperationStart {
        let now = clock.now
        let ids = (operation: identifiers.make(order.kind.idPrefix), transfer: identifiers.make("trf"))
        return try await database.write { transaction in
            if let earlier = try transaction.earlierOutcome(of: request) { return .ended(earlier) }
            try request.deadline.expect()
            let ledger = Ledger(transaction: transaction)
            switch try ledger.begin(order, id: ids.transfer, ownedBy: request.subject, at: now) {
            case .failure(let refusal):
                return .ended(try transaction.once(request, at: now) { .failure(refusal) })
            case .success(let transfer):
                try transaction.insertKey(of: request, answer: nil, at: now)
                let operation = ProcessorOperation(id: ids.operation, order, transfer, for: request)
                try transaction.insert(operation, key: request.key.value, dueAt: now + Self.leaseMilliseconds)
                return .started(operation)
            }
        }
    }

    /// Any later step: applies what the processor said. It may be called by several at once and more than once: only
    /// an operation that is still processing changes.
    ///
    /// - Returns: The operation as it is now.
    func advance(_ operation: ProcessorOperation, by outcome: ProcessorOutcome) async throws -> ProcessorOperation {
        let now = clock.now
        let ids = (transfer: identifiers.make("trf"), event: identifiers.make("evt"))
        let (operation, hasEnded) = try await database.write { transaction in
            let stored = try transaction.operation(operation.id)
            guard var operation = stored, let action = operation.action(on: outcome) else {
                return (stored ?? operation, false)
            }
            operation.attempts += 1
            var due = now
            let ledger = Ledger(transaction: transaction)
            switch action {
            case .post:
                try ledger.post(try ledger.transfer(operation.transfer), id: ids.transfer, at: now)
                operation.status = .succeeded
            case .void(let reason):
                try ledger.void(try ledger.transfer(operation.transfer), id: ids.transfer, at: now)
                operation.status = .failed
                operation.failure = reason
            case .askAgain(let milliseconds):
                due = now + milliseconds
            }
            try transaction.update(operation, dueAt: due, answer: StoredAnswer(operation))
            if let event = operation.event(id: ids.event, at: now) { try transaction.insert(event) }
            return (operation, operation.status != .processing)
        }
        if hasEnded { metrics.count(ended: operation) }
        return operation
    }

    /// The operation, when `owner` asked for it.
    func operation(_ id: String, _ kind: ProcessorOperation.Kind, of owner: String) async throws -> ProcessorOperation?
    {
        let operation = try await operation(id, kind)
        return operation?.owner == owner ? operation : nil
    }

    /// The operation, whoever asked for it.
    func operation(_ id: String, _ kind: ProcessorOperation.Kind) async throws -> ProcessorOperation? {
        let operation = try await database.lookup { reader in try reader.operation(id) }
        return operation?.kind == kind ? operation : nil
    }

    /// The operations that `owner` asked for, newest first, older than `before`.
    func operations(
        _ kind: ProcessorOperation.Kind, of owner: String, before: String?, limit: Int
    ) async throws -> [ProcessorOperation] {
        try await database.read { reader in
            try reader.all(
                ProcessorOperation.columns + " WHERE owner = ? AND kind = ? AND id < ? ORDER BY id DESC LIMIT ?",
                .text(owner), .text(kind.rawValue), .text(before ?? Self.afterEveryID), SQLValue(limit),
                map: ProcessorOperation.init)
        }
    }

    /// Makes every operation that is under way due now.
    func makeOpenOperationsDue() async throws {
        let now = clock.now
        try await database.write { transaction in
            _ = try transaction.execute(
                """
                UPDATE processor_operations SET next_attempt_at = ?1
                WHERE status = 'processing' AND next_attempt_at > ?1
                """, .integer(now))
        }
    }

    /// The operations whose next attempt is due at `time`, the longest waiting first, and those whose attempt is due later
    /// than at `horizon`: nobody waits for so long but for a clock that was set back.
    func operations(
        dueAt time: Int64, orAfter horizon: Int64 = .max, limit: Int = 100
    ) async throws -> [ProcessorOperation] {
        try await database.read { reader in
            try reader.all(
                ProcessorOperation.columns + """
                     WHERE status = 'processing' AND (next_attempt_at <= ? OR next_attempt_at > ?)
                    ORDER BY next_attempt_at LIMIT ?
                    """, .integer(time), .integer(horizon), SQLValue(limit), map: ProcessorOperation.init)
        }
    }
}

extension Ledger {
    /// Reserves the money of an operation: its way into the account, or what is to leave it.
    fileprivate func begin(
        _ order: OperationOrder, id: String, ownedBy owner: String, at now: Int64
    ) throws -> Result<Transfer, Refusal> {
        switch order.kind {
        case .deposit: try expect(id: id, into: order.account, ownedBy: owner, amount: order.amount, at: now)
        case .withdrawal:
            try reserve(
                id: id, from: order.account, ownedBy: owner, amount: order.amount, currency: order.currency, at: now)
        }
    }
}
