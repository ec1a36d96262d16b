/// One line of the audit log: who did what to whom, from where, and what it changed.
struct AuditEntry: Sendable, Equatable {
    /// What was done or attempted.
    enum Action: String, Sendable, CaseIterable {
        case listUsers = "users.list"
        case readUser = "user.read"
        case lock = "user.lock"
        case unlock = "user.unlock"
        case setRoles = "user.set_roles"
        case listSessions = "user.list_sessions"
        case endSessions = "user.end_sessions"
        case createAdmin = "admin.create"
        case readAudit = "audit.read"
        case listKeys = "keys.list"
        case rotateKeys = "keys.rotate"
        case eraseUser = "user.erase"
    }

    enum Outcome: Sendable, Equatable {
        case done
        /// With the code of the answer.
        case refused(code: String)
    }

    let action: Action
    var outcome = Outcome.done
    /// A user, `usr_…`; nil for lists.
    let target: String?
    /// JSON objects; nil where nothing changed.
    var before: String?
    var after: String?
}

/// Who acts, and from where.
struct AuditOrigin: Sendable, Equatable {
    /// Whoever holds the admin token of the process.
    static let `operator` = "operator"
    /// The process itself.
    static let system = "system"
    /// The process itself, at no client's wish.
    static let process = AuditOrigin(actor: system, address: nil, requestID: nil)

    /// A user, `usr_…`, or one of the two above.
    let actor: String
    /// The client's IP address; nil for the process itself.
    let address: String?
    /// What the answer and the access line carry, too.
    let requestID: String?
}
