import Chassis
import HTTP
import Storage

extension Reader {
    /// What is stored under the request's key.
    func keyRecord(of request: KeyedRequest) throws -> KeyRecord? {
        try first(
            "SELECT fingerprint, status, body, location FROM idempotency_keys WHERE subject = ? AND key = ?",
            .text(request.subject), .text(request.key.value)
        ) { row in
            var answer: StoredAnswer?
            if let status = try row.optionalInt64(1) {
                answer = StoredAnswer(
                    status: Int(status), body: try row.bytes(2), location: try row.optionalString(3))
            }
            return KeyRecord(fingerprint: Fingerprint(stored: try row.bytes(0)), answer: answer)
        }
    }

    /// How the request ended before, or nil when it is new.
    func earlierOutcome(of request: KeyedRequest) throws -> KeyedOutcome? {
        KeyedOutcome(IdempotencyDecision(record: try keyRecord(of: request), fingerprint: request.fingerprint))
    }
}

extension Transaction {
    /// Does `body` unless its key has been used, and keeps its answer under the key in the same transaction.
    ///
    /// A `body` that refuses must not have changed anything: what it did would be committed with the refusal.
    func once(
        _ request: KeyedRequest, at now: Int64, _ body: () throws -> Result<StoredAnswer, Refusal>
    ) throws -> KeyedOutcome {
        if let earlier = try earlierOutcome(of: request) { return earlier }
        // It may have queued for long: a payment that nobody waits for is left to the retry under the same key.
        try request.deadline.expect()
        switch try body() {
        case .success(let answer):
            try insertKey(of: request, answer: answer, at: now)
            return .answered(answer)
        case .failure(.accountNotFound), .failure(.paymentNotFound):
            return .notFound
        case .failure(let refusal) where !refusal.isKept:
            throw refusal.problem
        case .failure(let refusal):
            let answer = StoredAnswer(refusal, request.occurrence)
            try insertKey(of: request, answer: answer, at: now)
            return .answered(answer)
        }
    }

    /// Stores the key with its answer, or without one while a saga is under way.
    func insertKey(of request: KeyedRequest, answer: StoredAnswer?, at now: Int64) throws {
        try execute(
            """
            INSERT INTO idempotency_keys (subject, key, fingerprint, status, body, location, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .text(request.subject), .text(request.key.value), .blob(request.fingerprint.bytes),
            SQLValue(answer.map { Int64($0.status) }), SQLValue(answer?.body), SQLValue(answer?.location),
            .integer(now))
    }

    /// Gives the key of a saga its answer, unless it has one.
    func completeKey(_ key: String, of subject: String, with answer: StoredAnswer) throws {
        try execute(
            """
            UPDATE idempotency_keys SET status = ?3, body = ?4, location = ?5
            WHERE subject = ?1 AND key = ?2 AND status IS NULL
            """,
            .text(subject), .text(key), .integer(Int64(answer.status)), .blob(answer.body), SQLValue(answer.location))
    }
}

extension PaymentsStore {
    /// How long a key is kept at least: a day and an hour, so that a retry "within 24 hours" is never a close call.
    static let keyLifetimeMilliseconds: Int64 = 25 * 3_600_000

    /// Looks a key up without the writer.
    func earlierOutcome(of request: KeyedRequest) async throws -> KeyedOutcome? {
        try await database.lookup { reader in try reader.earlierOutcome(of: request) }
    }

    /// Keeps a refusal that was found outside the ledger, unless the key got another answer meanwhile.
    func refuse(_ refusal: Refusal, to request: KeyedRequest) async throws -> KeyedOutcome {
        let now = clock.now
        return try await database.write { transaction in
            try transaction.once(request, at: now) { .failure(refusal) }
        }
    }

    /// Removes keys that are old enough, oldest first, in short transactions. A saga's key stays until the saga has
    /// ended, and holds up none of those behind it.
    ///
    /// - Returns: How many.
    @discardableResult
    func purgeKeys(windowSize: Int64 = 500) async throws -> Int {
        let horizon = clock.now - Self.keyLifetimeMilliseconds
        var (removed, last): (Int, Int64) = (0, 0)
        while true {
            let from = last
            guard
                let window = try await database.write({ transaction in
                    try transaction.purgeKeys(after: from, before: horizon, window: windowSize)
                })
            else { return removed }
            removed += window.removed
            metrics.count(purgedKeys: window.removed)
            last = window.last
        }
    }
}

extension Transaction {
    /// Looks at the next `window` rows only, so that the writer is never held up.
    ///
    /// - Returns: How many were removed and where to go on; nil when the next row is too young, or there is none.
    fileprivate func purgeKeys(
        after number: Int64, before horizon: Int64, window: Int64
    ) throws -> (removed: Int, last: Int64)? {
        let rows = try all(
            "SELECT number, created_at FROM idempotency_keys WHERE number > ? ORDER BY number LIMIT ?",
            .integer(number), .integer(window)
        ) { row in (number: try row.int64(0), createdAt: try row.int64(1)) }
        guard let last = rows.prefix(while: { $0.createdAt < horizon }).last else { return nil }
        let removed = try execute(
            "DELETE FROM idempotency_keys WHERE number > ? AND number <= ? AND status IS NOT NULL",
            .integer(number), .integer(last.number))
        return (removed, last.number)
    }
}
