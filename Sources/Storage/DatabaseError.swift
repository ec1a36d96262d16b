/// What can go wrong in a database, by what the caller can do about it. The texts are for logs, not for clients.
public enum DatabaseError: Error, Sendable, Equatable {
    /// A constraint of the schema refused a statement. Nothing of that statement remains.
    case constraint(ConstraintKind, message: String)
    /// The request queue is full. Nothing was done: answer 503 with Retry-After.
    case overloaded
    /// A lock was not granted in time. Nothing was done: answer 503.
    case busy(message: String)
    /// The disk is full or failed, or memory ran out. The outcome of a write is unknown: answer 503; a retry with the same
    /// idempotency key is safe.
    case unavailable(message: String)
    /// The database was closed.
    case closed
    /// Another process (or another part of this one) owns the database at `path`.
    case inUse(path: String)
    /// The file is not a database, or is damaged.
    case corrupt(message: String)
    /// The schema was migrated by a newer program: `found` is its migration, `known` the last one that this program has.
    case schemaTooNew(found: Int, known: Int)
    /// The schema is older than what the program reads: `found` is its last migration, `known` the program's.
    case schemaTooOld(found: Int, known: Int)
    /// A migration that was applied reads differently now, or the list of migrations has a gap or is out of order.
    case migrationChanged(number: Int, message: String)
    /// A migration could not be applied; the schema is as it was before it.
    case migrationFailed(number: Int, name: String, message: String)
    /// A column holds another type than the program asked for.
    case typeMismatch(column: String, expected: String, found: String)
    /// The program's mistake: a statement that does not parse, a wrong number of values, a write in a read.
    case misuse(message: String)

    /// The kinds of constraint.
    public enum ConstraintKind: Sendable, Equatable {
        /// UNIQUE or PRIMARY KEY: such a row exists already.
        case unique
        /// CHECK; the message names the constraint.
        case check
        /// REFERENCES: the row that is pointed to does not exist, or the row is still pointed at.
        case foreignKey
        /// NOT NULL.
        case notNull
        /// RAISE(ABORT, …) in a trigger; the message is the trigger's.
        case trigger
        /// A value of a type that a STRICT table's column does not take.
        case type
        /// Any other.
        case other
    }

    /// Whether this is a violation of a constraint of the given kind.
    public func isConstraint(_ kind: ConstraintKind) -> Bool {
        if case .constraint(kind, _) = self { true } else { false }
    }
}

extension DatabaseError: CustomStringConvertible {
    /// One line for a log or a terminal.
    public var description: String {
        switch self {
        case .constraint(let kind, let message): "constraint (\(kind)): \(message)"
        case .overloaded: "the database's request queue is full"
        case .busy(let message): "the database is busy: \(message)"
        case .unavailable(let message): "the database is unavailable: \(message)"
        case .closed: "the database is closed"
        case .inUse(let path): "the database \(path) is in use by another process"
        case .corrupt(let message): "the database is damaged: \(message)"
        case .schemaTooNew(let found, let known):
            "the database has schema \(found), this program knows schemas up to \(known): use a newer program"
        case .schemaTooOld(let found, let known):
            "the database has schema \(found), this program reads schema \(known): start its service once, or use an older program"
        case .migrationChanged(let number, let message): "migration \(number): \(message)"
        case .migrationFailed(let number, let name, let message): "migration \(number) (\(name)) failed: \(message)"
        case .typeMismatch(let column, let expected, let found): "column \(column) holds \(found), not \(expected)"
        case .misuse(let message): "wrong use of the database: \(message)"
        }
    }
}

extension DatabaseError {
    /// A stable word for spans, without what the message says.
    var word: String {
        switch self {
        case .constraint: "constraint"
        case .overloaded: "overloaded"
        case .busy: "busy"
        case .unavailable: "unavailable"
        case .closed: "closed"
        case .inUse: "in_use"
        case .corrupt: "corrupt"
        case .schemaTooNew, .schemaTooOld: "schema"
        case .migrationChanged, .migrationFailed: "migration"
        case .typeMismatch: "type_mismatch"
        case .misuse: "misuse"
        }
    }
}
