import Chassis

/// Makes the signed tokens that the gateway accepts.
struct AccessTokenIssuer: Sendable {
    /// What a login allows: everything but ``adminScope``.
    static let scopes = [
        "users:read", "users:write", "accounts:read", "accounts:write", "payments:read", "payments:write",
        "api-keys:write",
    ]
    /// What the login of an admin allows beside that.
    static let adminScope = "admin"

    let issuer: String
    let audience: String
    let policy: SessionPolicy
    let identifiers: any IdentifierGenerator
    /// The keys of now.
    let ring: SigningKeyRing

    /// The scopes of a login of a user with these roles.
    static func scopes(of roles: Roles) -> [String] { roles.contains(.admin) ? scopes + [adminScope] : scopes }

    /// A token for `session`. It ends with the session when that is sooner than ten minutes.
    /// - Returns: The token, and for how many seconds it is good.
    func issue(
        for session: Session, roles: Roles, now: Int64
    ) async throws -> (token: String, expiresIn: Int64) {
        let issued = now / 1_000
        let expires = min(now + policy.accessToken, session.end(under: policy)) / 1_000
        let claims = AccessTokenClaims(
            iss: issuer, aud: audience, sub: session.userID, scope: Self.scopes(of: roles).joined(separator: " "),
            jti: identifiers.make("tok"), sid: session.id, roles: roles.names,
            authTime: session.authenticatedAt / 1_000, acr: session.context.name, iat: issued, exp: expires)
        let token = try await ring.current.sign(claims)
        return (token, expires - issued)
    }
}
