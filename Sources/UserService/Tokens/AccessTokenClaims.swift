import JWTKit

/// The claims of an access token (RFC 7519 §4.1, RFC 9068 §2.2). Times are whole seconds since 1970.
struct AccessTokenClaims: JWTPayload, Equatable {
    /// Who issued it: `TOKEN_ISSUER`.
    var iss: String
    /// Whom it is for: `TOKEN_AUDIENCE`.
    var aud: String
    /// The user, `usr_…`.
    var sub: String
    /// What it allows, separated by spaces (RFC 8693 §4.2).
    var scope: String
    /// This token's own id, `tok_…`.
    var jti: String
    /// The session it was issued in, `ses_…`; a revocation names it.
    var sid: String
    /// The user's roles when it was issued. A gateway that knows of others refuses it.
    var roles: [String]
    /// When the user last proved who he is.
    var authTime: Int64
    /// How he did: an ``AuthenticationContext``.
    var acr: String
    var iat: Int64
    var exp: Int64
    /// Before which it is not good; ours have none.
    var nbf: Int64?

    enum CodingKeys: String, CodingKey {
        case iss, aud, sub, scope, jti, sid, roles, acr, iat, exp, nbf
        case authTime = "auth_time"
    }

    /// Whether a moment, ms since 1970, lies in its time.
    func isGood(at now: Int64) -> Bool { now < exp * 1_000 && now >= (nbf ?? 0) * 1_000 }

    // Gateways and introspection check every claim by themselves.
    func verify(using algorithm: some JWTAlgorithm) {}
}
