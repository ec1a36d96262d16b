import Chassis
import HTTP
import HTTPTypes
import JSON
import Storage

/// `POST /internal/v1/introspect` (RFC 7662): whether a token is good right now, for services.
struct IntrospectionRoutes: Sendable {
    let sessions: SessionStore
    let issuer: AccessTokenIssuer
    /// Lets the services in that may ask.
    let callers: IdentityMiddleware

    func register(on router: inout Router) {
        router.post("/internal/v1/introspect", bodyLimit: 16_384) { request in
            try await callers.handle(request) { try await introspect($0) }
        }
    }

    /// A form with `token=` (§2.1), an access token, a refresh token or the id of a session: 200 with `active` and, when it
    /// is, with what is known of it (§2.2). `token_type_hint` is not needed: the three look different.
    private func introspect(_ request: Request) async throws -> Response {
        let token = try await token(in: request)
        let found = try await session(of: token)
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("active", found != nil)
        if let (session, claims) = found { write(session, claims, to: &json) }
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    private func token(in request: Request) async throws -> String {
        let form = "application/x-www-form-urlencoded"
        guard request.field(.contentType)?.lowercased().hasPrefix(form) == true else {
            throw Problem.unsupportedMediaType(expected: form)
        }
        let fields = Query(String(decoding: try await request.body.collect(), as: UTF8.self))
        guard let token = fields["token"], fields.all("token").count == 1 else {
            throw Problem(.badRequest, "bad_request", detail: "The form must have one token.")
        }
        return token
    }

    /// The live session that a token belongs to, and the claims of an access token.
    private func session(of token: String) async throws -> (Session, AccessTokenClaims?)? {
        if Identifier.isValid(token, prefix: "ses") { return try await sessions.live(id: token).map { ($0, nil) } }
        if let refresh = RefreshToken(token) {
            let holder = try await sessions.database.lookup { try SessionStore.holder(of: refresh.hash, in: $0) }
            guard let holder, let session = try await sessions.live(id: holder.sessionID),
                session.generation == holder.generation
            else { return nil }
            return (session, nil)
        }
        guard let claims = await issuer.ring.current.claims(of: token), claims.iss == issuer.issuer,
            claims.aud == issuer.audience, claims.isGood(at: sessions.clock.now),
            let session = try await sessions.live(id: claims.sid), session.userID == claims.sub
        else { return nil }
        return (session, claims)
    }

    private func write(_ session: Session, _ claims: AccessTokenClaims?, to json: inout JSONWriter) {
        let idle = session.refreshedAt + sessions.policy.idle
        json.member("token_type", claims == nil ? "session" : "Bearer")
        json.member("sub", session.userID)
        json.member("sid", session.id)
        json.member("iat", claims?.iat ?? session.createdAt / 1_000)
        json.member("exp", claims?.exp ?? min(session.end(under: sessions.policy), idle) / 1_000)
        json.member("auth_time", session.authenticatedAt / 1_000)
        json.member("acr", session.context.name)
        guard let claims else { return }
        json.member("iss", claims.iss)
        json.member("aud", claims.aud)
        json.member("jti", claims.jti)
        json.member("scope", claims.scope)
        json.key("roles")
        json.beginArray()
        for role in claims.roles { json.string(role) }
        json.endArray()
    }
}
