import Chassis
import HTTP
import HTTPTypes
import JSON

/// `DELETE /v1/users/me`: the right to be forgotten; `GET /v1/users/me/erasure`: what became of the wish.
struct ErasureRoutes: Sendable {
    let saga: ErasureSaga
    let sessions: SessionGuard

    func register(on router: inout Router) {
        router.delete("/v1/users/me", bodyLimit: 0) { try await erase($0) }
        router.get("/v1/users/me/erasure") { try await read($0) }
    }

    /// 204 when everything is gone; 409 `money_left` while there is money, with nothing changed; 202 while
    /// payments-service does not answer: the wish is kept and carried out as soon as it does, unless money is left then.
    ///
    /// It needs the token of a login that is not older than five minutes: 401 `insufficient_user_authentication`. That
    /// proves the password, so it is not asked for in a body, which DELETE has none of (RFC 9110 §9.3.5).
    private func erase(_ request: Request) async throws -> Response {
        try request.require(scope: "users:write")
        let session = try await sessions.freshSession(of: request)
        let authority = sessions.authority(of: session)
        guard let erasure = try await saga.store.begin(session.userID, by: authority) else {
            throw Problem.sessionRevoked
        }
        // A client that hangs up does not stop it half-way.
        let (saga, origin) = (saga, request.context)
        let step = Task { try await saga.step(erasure, origin: origin) }
        switch try await step.value {
        case .erase: return .empty(.noContent)
        case .drop: throw Problem.moneyLeft
        case .askAgain: return Self.pending
        }
    }

    /// `GET /v1/users/me/erasure`: 200 `{status, requested_at, refused_at, code}` while the wish waits (`pending`), and
    /// for 30 days when it was refused later on (`refused`, with the code of the 409); 404 when there is none.
    private func read(_ request: Request) async throws -> Response {
        _ = try request.user
        try request.require(scope: "users:read")
        let session = try await sessions.session(of: request)
        guard let status = try await saga.store.status(of: session.userID) else { throw Problem.notFound }
        var json = JSONWriter()
        json.beginObject()
        json.member("status", status.refusedAt == nil ? "pending" : "refused")
        json.member("requested_at", RFC3339.string(status.requestedAt))
        json.member("refused_at", status.refusedAt.map(RFC3339.string))
        json.member("code", status.refusedAt.map { _ in ErasureStore.refusal })
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    private static var pending: Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("status", "pending")
        json.endObject()
        return .json(
            json.bytes, status: .accepted,
            fields: [.cacheControl: "no-store", .location: "/v1/users/me/erasure"])
    }
}

extension Problem {
    /// 409 `money_left`.
    fileprivate static let moneyLeft = Problem(
        .conflict, "money_left",
        detail: "There is money in your accounts, or on its way to them. Move it first. Nothing was erased.")
}
