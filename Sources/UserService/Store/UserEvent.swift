import Chassis
import JSON
import Storage

/// What happened to a user, a session or an API key, for other services. It names no e-mail address and no name; of a key
/// it holds what is needed to check it: the whole state after the change, so that only the latest event counts.
enum UserEvent: Sendable, Equatable {
    case userCreated(user: String)
    case userUpdated(user: String)
    /// The user is gone, and everything of theirs with them.
    case userDeleted(user: String)
    /// The user's e-mail address is known to be theirs.
    case userVerified(user: String)
    case userLocked(user: String)
    case userUnlocked(user: String)
    case userRolesChanged(user: String, roles: Roles)
    case sessionCreated(session: String, user: String)
    case sessionRevoked(session: String, user: String, reason: Session.Revocation)
    case apiKeyCreated(APIKey)
    case apiKeyRotated(APIKey)
    case apiKeyRevoked(key: String, user: String)
    /// The key set is another one; its key ids.
    case signingKeysChanged([String])

    var type: String {
        switch self {
        case .userCreated: "user.created"
        case .userUpdated: "user.updated"
        case .userDeleted: "user.deleted"
        case .userVerified: "user.verified"
        case .userLocked: "user.locked"
        case .userUnlocked: "user.unlocked"
        case .userRolesChanged: "user.roles_changed"
        case .sessionCreated: "session.created"
        case .sessionRevoked: "session.revoked"
        case .apiKeyCreated: "api_key.created"
        case .apiKeyRotated: "api_key.rotated"
        case .apiKeyRevoked: "api_key.revoked"
        case .signingKeysChanged: "signing_keys.changed"
        }
    }

    var data: String {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .userCreated(let user), .userUpdated(let user), .userDeleted(let user), .userVerified(let user),
            .userLocked(let user), .userUnlocked(let user):
            writer.member("user", user)
        case .userRolesChanged(let user, let roles):
            writer.member("user", user)
            writer.key("roles")
            roles.write(to: &writer)
        case .sessionCreated(let session, let user):
            writer.member("session", session)
            writer.member("user", user)
        case .sessionRevoked(let session, let user, let reason):
            writer.member("session", session)
            writer.member("user", user)
            writer.member("reason", reason.rawValue)
        case .apiKeyCreated(let key), .apiKeyRotated(let key):
            writer.member("user", key.userID)
            writer.key("key")
            key.writeRecord(to: &writer)
        case .apiKeyRevoked(let key, let user):
            writer.member("user", user)
            writer.key("key")
            writer.beginObject()
            writer.member("id", key)
            writer.endObject()
        case .signingKeysChanged(let keys):
            writer.key("keys")
            writer.beginArray()
            for key in keys { writer.string(key) }
            writer.endArray()
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Transaction {
    /// Writes an event; it becomes visible with the change it tells of, or not at all.
    func record(_ event: UserEvent, id: String, now: Int64) throws {
        try execute(
            "INSERT INTO events (id, type, occurred_at, data) VALUES (?, ?, ?, ?)",
            .text(id), .text(event.type), .integer(now), .text(event.data))
    }
}
