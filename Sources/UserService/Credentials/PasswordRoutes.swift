import Chassis
import HTTP
import HTTPTypes
import JSON

/// Choosing another password: with the current one, or by mail; and what is thought of one.
struct PasswordRoutes: Sendable {
    let credentials: CredentialStore
    let gate: PasswordGate
    let sessions: SessionGuard
    let limits: RequestLimits

    func register(on router: inout Router) {
        router.put("/v1/users/me/password", bodyLimit: 16_384) { try await change($0) }
        router.post("/v1/password/forgot", bodyLimit: 4_096) { try await forgot($0) }
        router.post("/v1/password/reset", bodyLimit: 16_384) { try await reset($0) }
        router.post("/v1/passwords/check", bodyLimit: 16_384) { try await check($0) }
    }

    /// `PUT /v1/users/me/password {current_password, new_password}`: 204; all other sessions are over. 403
    /// `wrong_password`, 422 `password_refused`, 429 after too many wrong ones. Needs the token of a login.
    private func change(_ request: Request) async throws -> Response {
        _ = try request.user
        try request.require(scope: "users:write")
        let session = try await sessions.session(of: request)
        let body = try PasswordChangeBody(try await request.jsonObject())
        guard let user = try await credentials.users.user(id: session.userID) else { throw Problem.sessionRevoked }
        let chosen = try Password(
            chosen: body.newPassword, email: user.email, name: user.name, member: "new_password")
        guard let credential = try await gate.confirm(body.current, of: user.id, request) else {
            throw Problem.wrongPassword
        }
        let hash = try await gate.hasher.hash(chosen, until: request.deadline)
        guard try await credentials.changePassword(of: credential, to: hash, keeping: session.id) else {
            throw Problem.wrongPassword
        }
        return .empty(.noContent)
    }

    /// `POST /v1/password/forgot {email}`: always 202.
    private func forgot(_ request: Request) async throws -> Response {
        try limits.expect(.mail, request)
        let email = try EmailBody(try await request.jsonObject()).email
        try await credentials.requestReset(of: email, sendsMail: email.map(limits.allowsMail) ?? false)
        return .accepted
    }

    /// `POST /v1/password/reset {token, new_password}`: 204; all sessions are over. 422 `invalid_token`, or 422
    /// `password_refused`, after which the token is good still.
    private func reset(_ request: Request) async throws -> Response {
        try limits.expect(.token, request)
        let body = try ResetBody(try await request.jsonObject())
        // Asked first, so that a hash is computed only for who will have it; the transaction decides.
        guard let token = body.token, let user = try await credentials.owner(of: token) else {
            throw Problem.invalidToken
        }
        let chosen = try Password(
            chosen: body.newPassword, email: user.email, name: user.name, member: "new_password")
        let hash = try await gate.hasher.hash(chosen, until: request.deadline)
        guard try await credentials.reset(token, to: hash) else { throw Problem.invalidToken }
        // Who reads the owner's mail is the owner, also while others guess.
        try await gate.addresses.remember(request.client, of: user.id)
        return .empty(.noContent)
    }

    /// `POST /v1/passwords/check {password, email?, name?}`: 200 `{acceptable, reason, strength, hint}`. Nothing is kept.
    private func check(_ request: Request) async throws -> Response {
        try limits.expect(.check, request)
        let body = try PasswordCheckBody(try await request.jsonObject())
        let refusal = PasswordPolicy.refusal(body.password, email: body.email, name: body.name)
        let strength = refusal == nil ? PasswordStrength(body.password) : .refused
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("acceptable", refusal == nil)
        writer.member("reason", refusal?.rawValue)
        writer.member("strength", Int64(strength.rawValue))
        writer.member("hint", refusal.map { "It \($0.detail). \(strength.hint)" } ?? strength.hint)
        writer.endObject()
        return .json(writer.bytes, fields: [.cacheControl: "no-store"])
    }
}

extension Problem {
    /// 403 `wrong_password`: of somebody who is logged in, so no 401, which would end the session at the client.
    static let wrongPassword = Problem(
        .forbidden, "wrong_password", detail: "The current password is wrong, or was changed just now.")
}
