import Chassis
import JSON

/// A user as support and admins see him. The address and the name are text here: what is shown needs no rules.
struct AdministeredUser: Sendable, Equatable {
    struct Lock: Sendable, Equatable {
        /// Milliseconds since 1970.
        let since: Int64
        let reason: String
    }

    let id: String
    let email: String
    let isEmailVerified: Bool
    let name: String
    var roles: Roles
    var lock: Lock?
    /// One more with each change, the user's own ones included; the ETag is made from it.
    var version: Int64
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// The end of the last login, ms since 1970; nil before the first.
    let lastLoginAt: Int64?

    var tag: VersionTag { VersionTag(version) }

    /// `{id, email, email_verified, name, roles, state, locked_at, lock_reason, created_at, last_login_at}`, and
    /// `sessions`, how many are live, where it was counted.
    func write(to writer: inout JSONWriter, sessions: Int? = nil) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("email", email)
        writer.member("email_verified", isEmailVerified)
        writer.member("name", name)
        writer.key("roles")
        roles.write(to: &writer)
        writer.member("state", lock == nil ? "active" : "locked")
        writer.member("locked_at", lock.map { RFC3339.string($0.since) })
        writer.member("lock_reason", lock?.reason)
        writer.member("created_at", RFC3339.string(createdAt))
        writer.member("last_login_at", lastLoginAt.map(RFC3339.string))
        if let sessions { writer.member("sessions", Int64(sessions)) }
        writer.endObject()
    }

    /// `{roles, state, lock_reason}`: what the audit log says about before and after.
    var auditText: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("roles")
        roles.write(to: &writer)
        writer.member("state", lock == nil ? "active" : "locked")
        writer.member("lock_reason", lock?.reason)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
