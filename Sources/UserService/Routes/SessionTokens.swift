import HTTP
import HTTPTypes
import JSON

/// The answer that hands out tokens: after a login, a refresh, or a new proof of who the user is.
struct SessionTokens: Sendable {
    let issuer: AccessTokenIssuer
    let users: UserStore

    /// `{access_token, refresh_token?, token_type, expires_in}` (RFC 6749 §5.1), never cached.
    func answer(
        _ session: Session, _ refreshToken: RefreshToken?, _ status: HTTPResponse.Status, now: Int64
    ) async throws -> Response {
        // Read after the session: should the roles change right now, a gateway knows that these are old.
        let roles = try await users.roles(of: session.userID)
        let (token, expiresIn) = try await issuer.issue(for: session, roles: roles, now: now)
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.member("access_token", token)
        if let refreshToken { writer.member("refresh_token", refreshToken.exposed) }
        writer.member("token_type", "Bearer")
        writer.member("expires_in", expiresIn)
        writer.endObject()
        return .json(writer.bytes, status: status, fields: [.cacheControl: "no-store"])
    }
}
