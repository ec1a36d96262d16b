import HTTP
import HTTPTypes
import JSON

/// The answer that hands out tokens: after a login, a refresh, or a new proof of who the user is.
struct SessionTokens: Sendable {
    let issuer: AccessTokenIssuer

    /// `{access_token, refresh_token?, token_type, expires_in}` (RFC 6749 §5.1), never cached.
    func answer(
        _ session: Session, _ refreshToken: RefreshToken?, _ status: HTTPResponse.Status, now: Int64
    ) async throws -> Response {
        let (token, expiresIn) = try await issuer.issue(for: session, now: now)
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
