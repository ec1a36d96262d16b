import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/users/me/sessions`: where the signed-in user is logged in, and how he ends that. All of it needs the access token
/// of a login; ending others a recent proof of who he is, so that whoever has stolen a session does not throw its owner
/// out (OWASP ASVS 5.0, 7.5.2). That is asked for here alone: a gateway whose feed is stale is to relay it still.
struct UserSessionRoutes: Sendable {
    let sessions: SessionGuard

    private var store: SessionStore { sessions.sessions }

    func register(on router: inout Router) {
        router.get("/v1/users/me/sessions") { try await list($0) }
        router.delete("/v1/users/me/sessions") { try await endOthers($0) }
        router.delete("/v1/users/me/sessions/{id}") { try await end($0) }
    }

    /// `GET /v1/users/me/sessions`: the live ones, newest first.
    private func list(_ request: Request) async throws -> Response {
        let current = try await current(request, scope: "users:read")
        let query = try ListQuery(request, kind: "sessions")
        let found = try await store.sessions(of: current.userID, before: query.after, limit: query.rows)
        var answer = query.page(found, key: \.id) { session, json in
            session.write(to: &json, isCurrent: session.id == current.id)
        }
        answer.fields[.cacheControl] = "no-store"
        return answer
    }

    /// `DELETE /v1/users/me/sessions/{id}`: 204, or 404 also for another user's and for one that is over; 401
    /// `insufficient_user_authentication`.
    private func end(_ request: Request) async throws -> Response {
        let current = try await fresh(request)
        let id = try request.parameters.require("id")
        guard Identifier.isValid(id, prefix: "ses"), try await store.end(id: id, of: current.userID, .user) else {
            throw Problem.notFound
        }
        return .empty(.noContent)
    }

    /// `DELETE /v1/users/me/sessions`: 204; all but the one that asks are over. 401 `insufficient_user_authentication`.
    private func endOthers(_ request: Request) async throws -> Response {
        let current = try await fresh(request)
        _ = try await store.endAll(of: current.userID, except: current.id, .user)
        return .empty(.noContent)
    }

    private func fresh(_ request: Request) async throws -> Session {
        _ = try request.user
        try request.require(scope: "users:write")
        return try await sessions.freshSession(of: request)
    }

    private func current(_ request: Request, scope: String) async throws -> Session {
        _ = try request.user
        try request.require(scope: scope)
        return try await sessions.session(of: request)
    }
}

extension Session {
    /// `{id, created_at, last_seen_at, authenticated_at, acr, client_address, user_agent, current?}`.
    /// - Parameter isCurrent: Whether it is the one that asks; nil when that is no question.
    func write(to writer: inout JSONWriter, isCurrent: Bool? = nil) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("created_at", RFC3339.string(createdAt))
        writer.member("last_seen_at", RFC3339.string(refreshedAt))
        writer.member("authenticated_at", RFC3339.string(authenticatedAt))
        writer.member("acr", context.name)
        writer.member("client_address", client.address)
        writer.member("user_agent", client.userAgent)
        if let isCurrent { writer.member("current", isCurrent) }
        writer.endObject()
    }
}
