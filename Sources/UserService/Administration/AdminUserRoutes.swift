import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/admin/users`: other people's accounts, for support and admins.
struct AdminUserRoutes: Sendable {
    let store: AdministrationStore
    let guardian: AdminGuard

    func register(on router: inout Router) {
        router.get("/v1/admin/users") { try await list($0) }
        router.get("/v1/admin/users/{id}") { try await read($0) }
        router.post("/v1/admin/users/{id}/lock", bodyLimit: 4_096) { try await lock($0) }
        router.post("/v1/admin/users/{id}/unlock", bodyLimit: 1_024) { try await unlock($0) }
        router.put("/v1/admin/users/{id}/roles", bodyLimit: 1_024) { try await setRoles($0) }
        router.get("/v1/admin/users/{id}/sessions") { try await sessions($0) }
        router.delete("/v1/admin/users/{id}/sessions") { try await endSessions($0) }
    }

    /// `GET /v1/admin/users?status=&role=&email=&email_prefix=`: newest first.
    private func list(_ request: Request) async throws -> Response {
        _ = try await guardian.admit(request, to: .listUsers, as: .support)
        let (query, filter) = (
            try ListQuery(request, kind: "users"), try AdministrationStore.Filter(request.query)
        )
        let found = try await store.users(filter, before: query.after, limit: query.rows)
        return query.page(found, key: \.id) { user, json in user.write(to: &json) }.unstored
    }

    /// `GET /v1/admin/users/{id}`: 200 with `ETag`, and with the number of live sessions.
    private func read(_ request: Request) async throws -> Response {
        let id = try request.parameters.require("id")
        _ = try await guardian.admit(request, to: .readUser, as: .support, target: Self.target(id))
        guard Self.target(id) != nil, let (user, sessions) = try await store.user(id: id) else {
            throw Problem.notFound
        }
        return Self.answer(user, sessions: sessions)
    }

    /// `POST /v1/admin/users/{id}/lock {reason}`: 200 with the user; 409 `own_account`, `last_admin`.
    private func lock(_ request: Request) async throws -> Response {
        let (id, actor) = try await admit(request, to: .lock, as: .support)
        let body = try LockBody(try await request.jsonObject())
        return try answer(try await store.lock(id, reason: body.reason, by: actor, if: request.versionCondition))
    }

    /// `POST /v1/admin/users/{id}/unlock`: 200 with the user.
    private func unlock(_ request: Request) async throws -> Response {
        let (id, actor) = try await admit(request, to: .unlock, as: .support)
        return try answer(try await store.unlock(id, by: actor, if: request.versionCondition))
    }

    /// `PUT /v1/admin/users/{id}/roles {roles}`: 200 with the user; 409 `own_account`, `last_admin`.
    private func setRoles(_ request: Request) async throws -> Response {
        let (id, actor) = try await admit(request, to: .setRoles, as: .admin)
        let body = try RolesBody(try await request.jsonObject())
        return try answer(
            try await store.setRoles(of: id, to: body.roles, by: actor, if: request.versionCondition))
    }

    /// `GET /v1/admin/users/{id}/sessions`: the live ones, newest first.
    private func sessions(_ request: Request) async throws -> Response {
        let (id, _) = try await admit(request, to: .listSessions, as: .support)
        guard try await store.user(id: id) != nil else { throw Problem.notFound }
        let query = try ListQuery(request, kind: "user-sessions")
        let found = try await guardian.sessions.sessions.sessions(of: id, before: query.after, limit: query.rows)
        return query.page(found, key: \.id) { session, json in session.write(to: &json) }.unstored
    }

    /// `DELETE /v1/admin/users/{id}/sessions`: 204; all of them are over.
    private func endSessions(_ request: Request) async throws -> Response {
        let (id, actor) = try await admit(request, to: .endSessions, as: .support)
        _ = try answer(try await store.endSessions(of: id, by: actor))
        return .empty(.noContent)
    }

    // MARK: - Parts

    /// The caller, and the user whom the path names. Who may not ask learns nothing about which users there are.
    private func admit(
        _ request: Request, to action: AuditAction, as role: Role
    ) async throws -> (String, AdministrationStore.Actor) {
        let id = try request.parameters.require("id")
        let actor = try await guardian.admit(request, to: action, as: role, target: Self.target(id))
        guard Self.target(id) != nil else { throw Problem.notFound }
        return (id, actor)
    }

    /// What is no id is nobody, and does not get into the log.
    private static func target(_ id: String) -> String? { Identifier.isValid(id, prefix: "usr") ? id : nil }

    private func answer(_ outcome: AdministrationStore.Outcome) throws -> Response {
        switch outcome {
        case .done(let user): return Self.answer(user)
        case .missing: throw Problem.notFound
        case .conflict: throw Problem.preconditionFailed
        case .refused(.ownAccount):
            throw Problem(.conflict, "own_account", detail: "Somebody else has to do this to your account.")
        case .refused(.lastAdmin):
            throw Problem(.conflict, "last_admin", detail: "This is the last admin. Make another one first.")
        case .refused(.outranked): throw Problem.insufficientRole
        }
    }

    private static func answer(_ user: AdministeredUser, sessions: Int? = nil) -> Response {
        var writer = JSONWriter(capacity: 512)
        user.write(to: &writer, sessions: sessions)
        return .json(writer.bytes, fields: [.eTag: user.tag.text, .cacheControl: "no-store"])
    }
}
