import ServiceStorage

/// What is done to users and is written down, or was attempted.
enum AuditAction: String, Sendable, CaseIterable {
    case listUsers = "users.list"
    case readUser = "user.read"
    case lock = "user.lock"
    case unlock = "user.unlock"
    case setRoles = "user.set_roles"
    case listSessions = "user.list_sessions"
    case endSessions = "user.end_sessions"
    case createAdmin = "admin.create"
    case readAudit = "audit.read"
    case readTrace = "trace.read"
    case listKeys = "keys.list"
    case rotateKeys = "keys.rotate"
    case eraseUser = "user.erase"
}

/// A line about a user, `usr_…`, or about none.
typealias AuditEntry = ServiceStorage.AuditEntry<AuditAction>
