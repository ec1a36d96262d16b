public import Chassis
public import Storage

/// The append-only log of what was done to others, in the table `audit_log` of a service's database. The table refuses
/// every change of a line, whoever tries.
public struct AuditLog: Sendable {
    /// A line as it was written.
    public struct Line: Sendable, Equatable {
        /// Its number: from 1, without gaps.
        public let sequence: Int64
        /// `aud_…`
        public let id: String
        /// Milliseconds since 1970.
        public let occurredAt: Int64
        /// Who acted, and from where.
        public let origin: AuditOrigin
        /// As text: a program of yesterday may have known others.
        public let action: String
        /// `done` or `refused`.
        public let outcome: String
        /// Why it was refused; nil when it was done.
        public let code: String?
        /// What the act was about.
        public let target: String?
        /// A JSON object; nil where nothing changed.
        public let before: String?
        /// A JSON object; nil where nothing changed.
        public let after: String?
    }

    /// Which lines a list shows; nil leaves a part open.
    public struct Filter: Sendable, Equatable {
        /// Who acted.
        public var actor: String?
        /// What the act was about.
        public var target: String?
        /// What was done.
        public var action: String?

        /// Describes a part of the log.
        public init(actor: String? = nil, target: String? = nil, action: String? = nil) {
            self.actor = actor
            self.target = target
            self.action = action
        }
    }

    private let database: any Database
    private let clock: any WallClock
    private let identifiers: any IdentifierGenerator

    /// The log of a database whose migrations have made the table.
    public init(database: any Database, clock: any WallClock, identifiers: any IdentifierGenerator) {
        self.database = database
        self.clock = clock
        self.identifiers = identifiers
    }

    /// Writes a line in the transaction of the act.
    /// - Parameter now: Milliseconds since 1970.
    /// - Throws: `DatabaseError`.
    public func append<Action>(
        _ entry: AuditEntry<Action>, by origin: AuditOrigin, now: Int64, in transaction: any Transaction
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
    /// - Throws: `DatabaseError`.
    public func append<Action>(_ entry: AuditEntry<Action>, by origin: AuditOrigin) async throws {
        let now = clock.now
        try await database.write { try append(entry, by: origin, now: now, in: $0) }
    }

    /// The lines before a position, `limit` at most, newest first.
    /// - Throws: `DatabaseError`.
    public func lines(_ filter: Filter = .init(), before sequence: Int64? = nil, limit: Int) async throws -> [Line] {
        let clauses: [(SQL, String?)] = [
            (" AND actor = ?", filter.actor), (" AND target = ?", filter.target), (" AND action = ?", filter.action),
        ]
        let given = clauses.compactMap { clause, value in value.map { (clause, SQLValue.text($0)) } }
        let sql = given.reduce(Line.columns) { $0 + $1.0 } + " ORDER BY sequence DESC LIMIT ?"
        let values = [SQLValue(sequence ?? .max)] + given.map(\.1) + [SQLValue(limit)]
        return try await database.read { reader in
            var found: [Line] = []
            try reader.query(sql, values: values) { row in
                found.append(try Line(row))
                return true
            }
            return found
        }
    }
}

extension AuditLog.Line {
    fileprivate static let columns: SQL = """
        SELECT sequence, id, occurred_at, actor, action, outcome, code, target, address, request_id, before, after
            FROM audit_log WHERE sequence < ?
        """

    fileprivate init(_ row: Row) throws {
        self.init(
            sequence: try row.int64(0), id: try row.string(1), occurredAt: try row.int64(2),
            origin: AuditOrigin(
                actor: try row.string(3), address: try row.optionalString(8), requestID: try row.optionalString(9)),
            action: try row.string(4), outcome: try row.string(5), code: try row.optionalString(6),
            target: try row.optionalString(7), before: try row.optionalString(10), after: try row.optionalString(11))
    }
}
