import Chassis
import JSON
import Storage

/// What happened to a user or a session, for other services. It names ids alone: no e-mail address, no name.
enum UserEvent: Sendable, Equatable {
    case userCreated(user: String)
    case userUpdated(user: String)
    case sessionCreated(session: String, user: String)
    case sessionRevoked(session: String, user: String, reason: Session.Revocation)

    var type: String {
        switch self {
        case .userCreated: "user.created"
        case .userUpdated: "user.updated"
        case .sessionCreated: "session.created"
        case .sessionRevoked: "session.revoked"
        }
    }

    var data: String {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .userCreated(let user), .userUpdated(let user):
            writer.member("user", user)
        case .sessionCreated(let session, let user):
            writer.member("session", session)
            writer.member("user", user)
        case .sessionRevoked(let session, let user, let reason):
            writer.member("session", session)
            writer.member("user", user)
            writer.member("reason", reason.rawValue)
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
