import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/users/me/totp` and `/v1/users/me/recovery-codes`: the signed-in user's second factor. All of it needs the access
/// token of a login.
struct SecondFactorRoutes: Sendable {
    let factors: SecondFactorStore
    let users: UserStore
    let sessions: SessionGuard
    /// What authenticator apps call the system.
    var issuerName = "Tollgate"

    func register(on router: inout Router) {
        router.get("/v1/users/me/totp") { try await read($0) }
        router.post("/v1/users/me/totp", bodyLimit: 1_024) { try await enrol($0) }
        router.post("/v1/users/me/totp/confirm", bodyLimit: 1_024) { try await confirm($0) }
        router.delete("/v1/users/me/totp") { try await remove($0) }
        router.post("/v1/users/me/recovery-codes", bodyLimit: 1_024) { try await renewCodes($0) }
    }

    /// `GET /v1/users/me/totp`: `{enabled, enabled_at, recovery_codes_left}`.
    private func read(_ request: Request) async throws -> Response {
        _ = try request.user
        try request.require(scope: "users:read")
        let status = try await factors.status(of: try await sessions.session(of: request).userID)
        var json = JSONWriter()
        json.beginObject()
        json.member("enabled", status.isOn)
        json.member("enabled_at", status.confirmedAt.map(RFC3339.string))
        json.member("recovery_codes_left", status.recoveryCodes)
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    /// `POST /v1/users/me/totp`: 201 with `{secret, otpauth_uri}`, which are not shown again; 409 `totp_enabled`.
    private func enrol(_ request: Request) async throws -> Response {
        let session = try await fresh(request)
        try await expectNoMembers(request)
        guard let user = try await users.user(id: session.userID) else { throw Problem.sessionRevoked }
        guard let totp = try await factors.enrol(user.id, by: sessions.authority(of: session)) else {
            throw Problem.totpEnabled
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("secret", totp.text)
        json.member("otpauth_uri", totp.uri(account: user.email.exposed, issuer: issuerName))
        json.endObject()
        return .json(json.bytes, status: .created, fields: [.cacheControl: "no-store"])
    }

    /// `POST /v1/users/me/totp/confirm {code}`: 200 with `{recovery_codes}`, which are not shown again; 409 when there is
    /// nothing to confirm, 401 `invalid_second_factor`, 429 `too_many_codes`.
    private func confirm(_ request: Request) async throws -> Response {
        let session = try await fresh(request)
        var reader = try await request.jsonObject()
        let code = reader.string("code", length: 6...6)
        try reader.finish()
        let (verdict, codes) = try await factors.confirm(code: code, by: sessions.authority(of: session))
        if verdict == .off { throw Problem.nothingToConfirm }
        try verdict.expectRight(now: factors.clock.now, request)
        return answer(codes)
    }

    /// `DELETE /v1/users/me/totp`: 204, or 404 when there is none.
    private func remove(_ request: Request) async throws -> Response {
        let session = try await fresh(request)
        guard try await factors.remove(by: sessions.authority(of: session)) else { throw Problem.notFound }
        return .empty(.noContent)
    }

    /// `POST /v1/users/me/recovery-codes`: 200 with `{recovery_codes}`; those of before are void. 404 when the second
    /// factor is off.
    private func renewCodes(_ request: Request) async throws -> Response {
        let session = try await fresh(request)
        try await expectNoMembers(request)
        guard let codes = try await factors.newRecoveryCodes(by: sessions.authority(of: session)) else {
            throw Problem.notFound
        }
        return answer(codes)
    }

    private func fresh(_ request: Request) async throws -> Session {
        _ = try request.user
        try request.require(scope: "users:write")
        return try await sessions.freshSession(of: request)
    }

    /// No body at all, or `{}`.
    private func expectNoMembers(_ request: Request) async throws {
        guard !request.body.isEmpty else { return }
        var reader = try await request.jsonObject()
        try reader.finish()
    }

    private func answer(_ codes: [RecoveryCode]) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.key("recovery_codes")
        json.beginArray()
        for code in codes { json.string(code.exposed) }
        json.endArray()
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }
}

extension SecondFactorStore.Verdict {
    /// Lets a right proof through.
    /// - Throws: ``Problem`` 401 `invalid_second_factor`, 429 `too_many_codes`.
    func expectRight(now: Int64, _ request: Request) throws(Problem) {
        switch self {
        case .right: return
        case .wrong, .off:
            request.context.reason = "second_factor_refused"
            throw Problem(.unauthorized, "invalid_second_factor", detail: "The code is not valid, or was used before.")
        case .blocked(let until):
            request.context.reason = "second_factor_blocked"
            let seconds = max(1, (until - now + 999) / 1_000)
            throw Problem(
                .tooManyRequests, "too_many_codes",
                detail: "Too many codes were wrong. Wait, or use a recovery code.",
                fields: [.retryAfter: String(seconds)])
        }
    }
}

extension Problem {
    /// 409 `totp_enabled`.
    fileprivate static let totpEnabled = Problem(
        .conflict, "totp_enabled", detail: "The second factor is on. Turn it off before you set it up anew.")

    /// 409 `nothing_to_confirm`.
    fileprivate static let nothingToConfirm = Problem(
        .conflict, "nothing_to_confirm", detail: "Ask for a secret first, or the second factor is on already.")
}
