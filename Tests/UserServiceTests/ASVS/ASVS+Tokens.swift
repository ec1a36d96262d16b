import Crypto
import JSON
import Testing

@testable import Chassis
@testable import UserService

/// V9 Self-contained tokens: access tokens, as introspection judges them, and the identities that services show each
/// other. What gateways make of the same attacks is in GatewayTests.
extension ASVSRequirement {
    static let tokens: [Self] = [
        .tested("9.1.1", 1, "The signature is validated before anything else", signaturesCount),
        .tested("9.1.2", 1, "Only algorithms of a list, never none", algorithmsAreFixed),
        .tested("9.1.3", 1, "Keys come from where they were configured, not from the token", keysAreTheIssuers),
        .tested("9.2.1", 1, "Tokens are good within their time alone", timesCount),
        .tested("9.2.2", 2, "Tokens are good for their purpose alone", typesCount),
        .tested("9.2.3", 2, "Services take tokens that are meant for them alone", audiencesCount),
        .tested("9.2.4", 2, "Issued tokens name whom they are for") {
            let system = try await ASVSSystem()
            let claims = try system.fixture.claims(of: system.ada.accessToken)
            #expect(claims["aud"]?.string == "tollgate-api")
            for audience in [UserService.name, "payments-service"] {
                let identity = try system.fixture.identity(audience: audience)
                #expect(try system.fixture.claims(of: identity)["aud"]?.string == audience)
            }
        },
    ]

    /// One character of any part, another signature, none.
    private static let signaturesCount: Check = {
        let system = try await ASVSSystem()
        let identity = try system.fixture.identity(user: system.ada.userID, session: system.ada.sessionID)
        #expect(try await system.isActive(system.ada.accessToken))
        #expect(try await system.status(showing: identity) == 200)
        func forged(_ token: String) throws -> [String] {
            let parts = token.split(separator: ".").map(String.init)
            let claims = String(decoding: try #require(Base64URL.decode(parts[1])), as: UTF8.self)
            let other = claims.replacing(system.ada.userID, with: "usr_00000000000000000000000009")
            let stranger = try P256.Signing.PrivateKey().signature(for: Array("\(parts[0]).\(parts[1])".utf8))
            return [
                "\(parts[0]).\(Base64URL.encode(Array(other.utf8))).\(parts[2])",
                "\(parts[0]).\(parts[1]).\(Base64URL.encode(stranger.rawRepresentation))",
                "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])",
                "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))",
            ]
        }
        for token in try forged(system.ada.accessToken) { #expect(try await !system.isActive(token)) }
        for token in try forged(identity) { #expect(try await system.status(showing: token) == 401) }
    }

    /// None, another asymmetric one, and a symmetric one with the public key as its secret.
    private static let algorithmsAreFixed: Check = {
        let system = try await ASVSSystem()
        let forge = TokenForge(system)
        let identity = try system.fixture.identity(user: system.ada.userID, session: system.ada.sessionID)
        for algorithm in ["none", "None", "HS256", "ES384", "RS256", "EdDSA", ""] {
            for (token, isAccess) in [(system.ada.accessToken, true), (identity, false)] {
                for forged in try forge.renamed(token, algorithm: algorithm) {
                    if isAccess {
                        #expect(try await !system.isActive(forged), "\(algorithm)")
                    } else {
                        #expect(try await system.status(showing: forged) == 401, "\(algorithm)")
                    }
                }
            }
        }
    }

    private static let keysAreTheIssuers: Check = {
        let system = try await ASVSSystem()
        let forge = TokenForge(system)
        let thief = P256.Signing.PrivateKey()
        let jwk = #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#
        for members in [
            #""kid":"unknown""#, #""kid":"../../dev/null""#, #""kid":"\#(system.fixture.keys.active.id)""#,
            #""jwk":\#(jwk)"#, #""jku":"https://thief.example/keys","kid":"unknown""#,
            #""x5u":"https://thief.example/chain""#,
        ] {
            let access = try forge.access(header: #"{"alg":"ES256","typ":"at+jwt",\#(members)}"#, key: thief)
            #expect(try await !system.isActive(access), "\(members)")
            let identity = try forge.identity(
                header: #"{"alg":"ES256","typ":"tollgate-id+jwt",\#(members)}"#, key: thief)
            #expect(try await system.status(showing: identity) == 401, "\(members)")
        }
    }

    private static let timesCount: Check = {
        let system = try await ASVSSystem()
        let forge = TokenForge(system)
        let now = system.clock.now / 1_000
        #expect(try await system.isActive(try forge.access(["iat": now, "exp": now + 600])))
        #expect(try await !system.isActive(try forge.access(["iat": now - 600, "exp": now])))
        #expect(try await !system.isActive(try forge.access(["iat": now, "nbf": now + 60, "exp": now + 600])))
        #expect(try await system.isActive(try forge.access(["iat": now, "nbf": now, "exp": now + 600])))
        let identity = try system.fixture.identity(user: system.ada.userID, session: system.ada.sessionID)
        #expect(try await system.status(showing: identity) == 200)
        system.clock.advance(seconds: 60)
        #expect(try await system.status(showing: identity) == 401)
        let early = try system.fixture.identity(user: system.ada.userID, session: system.ada.sessionID)
        system.clock.advance(seconds: -60)
        #expect(try await system.status(showing: early) == 401)
        system.clock.advance(seconds: 600)
        #expect(try await !system.isActive(system.ada.accessToken))
    }

    private static let typesCount: Check = {
        let system = try await ASVSSystem()
        let forge = TokenForge(system)
        for type in [#""typ":"JWT""#, #""typ":"tollgate-id+jwt""#, #""typ":"logout+jwt""#, #""cty":"x""#] {
            let header = #"{"alg":"ES256","kid":"\#(system.fixture.keys.active.id)",\#(type)}"#
            let token = try forge.access(header: header, key: system.fixture.keys.active.privateKey)
            #expect(try await !system.isActive(token), "\(type)")
        }
        let identity = try system.fixture.identity(user: system.ada.userID, session: system.ada.sessionID)
        #expect(try await !system.isActive(identity))
        #expect(try await system.status(showing: system.ada.accessToken) == 401)
        #expect(try await system.fixture.refresh(system.ada.accessToken).code == "invalid_refresh_token")
    }

    static let audiencesCount: Check = {
        let system = try await ASVSSystem()
        let forge = TokenForge(system)
        for audience in ["payments-service", "tollgate", "tollgate-api2", ""] {
            #expect(try await !system.isActive(try forge.access(audience: audience)), "\(audience)")
        }
        #expect(try await system.isActive(try forge.access(audience: "tollgate-api")))
        let elsewhere = try system.fixture.identity(
            audience: "payments-service", user: system.ada.userID, session: system.ada.sessionID)
        #expect(try await system.status(showing: elsewhere) == 401)
    }
}

/// Makes tokens that nobody issues.
struct TokenForge {
    private let system: ASVSSystem

    init(_ system: ASVSSystem) { self.system = system }

    /// A token with the header's algorithm changed: its signature kept, empty, and made anew with the public key as the
    /// secret.
    func renamed(_ token: String, algorithm: String) throws -> [String] {
        let parts = token.split(separator: ".").map(String.init)
        let header = String(decoding: try #require(Base64URL.decode(parts[0])), as: UTF8.self)
        let other = Base64URL.encode(Array(header.replacing("ES256", with: algorithm).utf8))
        let secret = SymmetricKey(data: system.fixture.keys.active.publicKey.bytes)
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(other).\(parts[1])".utf8), using: secret)
        return [
            "\(other).\(parts[1]).\(parts[2])", "\(other).\(parts[1]).",
            "\(other).\(parts[1]).\(Base64URL.encode(code))",
        ]
    }

    /// An access token of Ada's session, signed by the key that signs, with these times, seconds since 1970.
    func access(_ times: KeyValuePairs<String, Int64> = [:], audience: String = "tollgate-api") throws -> String {
        let key = system.fixture.keys.active
        let now = system.clock.now / 1_000
        let given = times.isEmpty ? ["iat": now, "exp": now + 600] : times
        return try IdentityToken.sign(
            header: Array(#"{"alg":"ES256","typ":"at+jwt","kid":"\#(key.id)"}"#.utf8),
            payload: payload(given, audience), key: key.privateKey)
    }

    /// The same under any header and key.
    func access(header: String, key: P256.Signing.PrivateKey) throws -> String {
        let now = system.clock.now / 1_000
        return try IdentityToken.sign(
            header: Array(header.utf8), payload: payload(["iat": now, "exp": now + 600], "tollgate-api"), key: key)
    }

    /// An identity of the gateway for Ada under any header and key.
    func identity(header: String, key: P256.Signing.PrivateKey) throws -> String {
        let now = system.clock.now / 1_000 * 1_000
        let caller = CallerIdentity(
            issuer: "gateway", subject: system.ada.userID, sessionID: system.ada.sessionID, keyID: nil,
            scopes: Set(AccessTokenIssuer.scopes), roles: [])
        let claims = IdentityToken.Claims(
            caller: caller, audience: UserService.name, issuedAt: now, expiresAt: now + IdentityToken.life)
        return try IdentityToken.sign(
            header: Array(header.utf8), payload: IdentityToken.payload(claims), key: key)
    }

    private func payload(_ times: KeyValuePairs<String, Int64>, _ audience: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("iss", "tollgate")
        json.member("aud", audience)
        json.member("sub", system.ada.userID)
        json.member("sid", system.ada.sessionID)
        json.member("jti", "tok_forged")
        json.member("scope", "users:read")
        json.key("roles")
        json.beginArray()
        json.string("user")
        json.endArray()
        json.member("auth_time", system.clock.now / 1_000)
        json.member("acr", "urn:tollgate:acr:password")
        for (name, time) in times { json.member(name, time) }
        json.endObject()
        return json.bytes
    }
}
