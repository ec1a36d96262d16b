import Chassis
import Storage

/// The append-only log of what was done to others' accounts. The table refuses every change of a line, whoever tries.
struct AuditLog: Sendable {
    /// A line as it was written.
    struct Line: Sendable, Equatable {
        let sequence: Int64
        /// `aud_…`
        let id: String
        /// Milliseconds since 1970.
        let occurredAt: Int64
        let origin: AuditOrigin
        /// As text: a program of yesterday may have known others.
        let action: String
        let outcome: String
        let code: String?
        let target: String?
        let before: String?
        let after: String?
    }

    /// Which lines a list shows; nil leaves a part open.
    struct Filter: Sendable, Equatable {
        var actor: String?
        var target: String?
        var action: String?
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator

    /// Writes a line in the transaction of the act.
    func append(
        _ entry: AuditEntry, by origin: AuditOrigin, now: Int64, in transaction: any Transaction
    ) throws {
        let (outcome, code): (String, String?) =
            switch entry.outcome {
            case .done: ("done", nil)
            case .refused(let code): ("refused", code)
            }
        try transaction.execute(
            """
            INSERT INTO audit_log (id, occurred_at, actor, action, outcome, code, target, address, request_id, before,
                after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(identifiers.make("aud")), .integer(now), .text(origin.actor), .text(entry.action.rawValue),
            .text(outcome), SQLValue(code), SQLValue(entry.target), SQLValue(origin.address),
            SQLValue(origin.requestID), SQLValue(entry.before), SQLValue(entry.after))
    }

    /// Writes a line of its own, for what changed nothing.
    func append(_ entry: AuditEntry, by origin: AuditOrigin) async throws {
        let now = clock.now
        try await database.write { try append(entry, by: origin, now: now, in: $0) }
    }

    /// The lines before a position, `limit` at most, newest first.
    func lines(_ filter: Filter, before sequence: Int64?, limit: Int) async throws -> [Line] {
        let clauses: [(SQL, String?)] = [
            (" AND actor = ?", filter.actor), (" AND target = ?", filter.target), (" AND action = ?", filter.action),
        ]
        let given = clauses.compactMap { clause, value in value.map { (clause, SQLValue.text($0)) } }
        let sql = given.reduce(Self.columns) { $0 + $1.0 } + " ORDER BY sequence DESC LIMIT ?"
        let values = [SQLValue(sequence ?? .max)] + given.map(\.1) + [SQLValue(limit)]
        return try await database.read { reader in
            var found: [Line] = []
            try reader.query(sql, values: values) { row in
                found.append(try Self.line(row))
                return true
            }
            return found
        }
    }

    private static let columns: SQL = """
        SELECT sequence, id, occurred_at, actor, action, outcome, code, target, address, request_id, before, after
            FROM audit_log WHERE sequence < ?
        """

    private static func line(_ row: Row) throws -> Line {
        Line(
            sequence: try row.int64(0), id: try row.string(1), occurredAt: try row.int64(2),
            origin: AuditOrigin(
                actor: try row.string(3), address: try row.optionalString(8), requestID: try row.optionalString(9)),
            action: try row.string(4), outcome: try row.string(5), code: try row.optionalString(6),
            target: try row.optionalString(7), before: try row.optionalString(10), after: try row.optionalString(11))
    }
}
