import Chassis
import HTTP
import HTTPTypes

/// `/v1/users/verify-email`: who proves that they read mail at their address.
struct VerificationRoutes: Sendable {
    let credentials: CredentialStore
    let limits: RequestLimits

    func register(on router: inout Router) {
        router.post("/v1/users/verify-email", bodyLimit: 4_096) { try await verify($0) }
        router.post("/v1/users/verify-email/resend", bodyLimit: 4_096) { try await resend($0) }
    }

    /// `POST /v1/users/verify-email {token}`: 204, or 422 `invalid_token`.
    private func verify(_ request: Request) async throws -> Response {
        try limits.expect(.token, request)
        guard let token = try VerificationBody(try await request.jsonObject()).token,
            try await credentials.verify(token)
        else { throw Problem.invalidToken }
        return .empty(.noContent)
    }

    /// `POST /v1/users/verify-email/resend {email}`: always 202.
    private func resend(_ request: Request) async throws -> Response {
        try limits.expect(.mail, request)
        let email = try EmailBody(try await request.jsonObject()).email
        try await credentials.requestVerification(of: email, sendsMail: email.map(limits.allowsMail) ?? false)
        return .accepted
    }
}

extension Response {
    /// 202 `{"status":"accepted"}`: the same whether there was anything to do.
    static let accepted = Response.json(
        Array(#"{"status":"accepted"}"#.utf8), status: .accepted, fields: [.cacheControl: "no-store"])
}

extension Problem {
    /// 422 `invalid_token`: unknown, used, expired or replaced by a newer one; not told apart.
    static let invalidToken = Problem(
        .unprocessableContent, "invalid_token", detail: "The token is not valid any more. Ask for another mail.")
}
