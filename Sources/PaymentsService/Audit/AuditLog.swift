import Chassis
import JSON
import Storage

/// A line of the audit log as it was written. The table refuses every change of a line, whoever tries.
struct AuditLine: Sendable, Equatable {
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
    let target: String
    let before: String?
    let after: String?
}

extension Transaction {
    /// Writes a line in the transaction of the act.
    func append(_ entry: AuditEntry, id: String, by origin: AuditOrigin, at now: Int64) throws {
        let (outcome, code): (String, String?) =
            switch entry.outcome {
            case .done: ("done", nil)
            case .refused(let code): ("refused", code)
            }
        try execute(
            """
            INSERT INTO audit_log (id, occurred_at, actor, action, outcome, code, target, address, request_id, before,
                after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(id), .integer(now), .text(origin.actor), .text(entry.action.rawValue), .text(outcome),
            SQLValue(code), .text(entry.target), SQLValue(origin.address), .text(origin.requestID),
            SQLValue(entry.before), SQLValue(entry.after))
    }
}

extension PaymentsStore {
    /// The lines before a position, newest first: all of them, those of an actor, or those about an account.
    func auditLines(
        actor: String?, target: String?, before sequence: Int64?, limit: Int
    ) async throws -> [AuditLine] {
        let clauses: [(SQL, String?)] = [(" AND actor = ?", actor), (" AND target = ?", target)]
        let given = clauses.compactMap { clause, value in value.map { (clause, SQLValue.text($0)) } }
        let sql = given.reduce(AuditLine.columns) { $0 + $1.0 } + " ORDER BY sequence DESC LIMIT ?"
        let values = [SQLValue(sequence ?? .max)] + given.map(\.1) + [SQLValue(limit)]
        return try await database.read { reader in
            var found: [AuditLine] = []
            try reader.query(sql, values: values) { row in
                found.append(try AuditLine(row))
                return true
            }
            return found
        }
    }
}

extension AuditLine {
    fileprivate static let columns: SQL = """
        SELECT sequence, id, occurred_at, actor, action, outcome, code, target, address, request_id, before, after
        FROM audit_log WHERE sequence < ?
        """

    fileprivate init(_ row: Row) throws {
        self.init(
            sequence: try row.int64(0), id: try row.string(1), occurredAt: try row.int64(2),
            origin: AuditOrigin(
                actor: try row.string(3), address: try row.optionalString(8), requestID: try row.string(9)),
            action: try row.string(4), outcome: try row.string(5), code: try row.optionalString(6),
            target: try row.string(7), before: try row.optionalString(10), after: try row.optionalString(11))
    }
}

extension AuditLine: JSONWritable {
    /// `{id, occurred_at, actor, action, outcome, code, target, client_address, request_id, before, after}`.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("occurred_at", RFC3339.string(occurredAt))
        json.member("actor", origin.actor)
        json.member("action", action)
        json.member("outcome", outcome)
        json.member("code", code)
        json.member("target", target)
        json.member("client_address", origin.address)
        json.member("request_id", origin.requestID)
        for (name, object) in [("before", before), ("after", after)] {
            json.key(name)
            if let object { json.raw(Array(object.utf8)) } else { json.null() }
        }
        json.endObject()
    }
}
