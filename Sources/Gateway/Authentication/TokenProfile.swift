import HTTP
import JSON

/// What a token says, before anybody has looked at its signature.
struct TokenClaims: Sendable, Equatable {
    var algorithm = TokenAlgorithm.es256
    var keyID: String
    /// With the issuer's prefix.
    var subject: String
    var sessionID: String?
    var scopes: Set<String>
    var roles: [String]
    /// The roles as the token says them, those that the issuer may not grant included.
    var statedRoles: Set<String> = []
    /// Milliseconds since 1970 from which on the token is refused, the allowed clock skew included.
    var expiry: Int64
    /// When the user last proved who he is (`auth_time`), milliseconds since 1970; `nil` when the token does not say.
    var authenticatedAt: Int64?
    /// How he did (`acr`).
    var context: String?
    /// The claims that the services are told.
    var fields = FieldLines()
    /// The plan that the issuer says the caller has.
    var plan: String?
}

/// The form of one issuer's tokens: a compact JWS with the claims of RFC 9068.
///
/// The header may say algorithm, type and key id and nothing else that matters, so that no token can choose its own
/// key, certificate or processing rule.
struct TokenProfile: Sendable {
    let issuer: String
    let audiences: [String]
    let algorithms: [TokenAlgorithm]
    /// The expected `typ`, in lower case; `nil` for any.
    let type: String?
    let clockSkew: Int64
    let requiredClaims: [String]
    private let subjectPrefix: String
    private let allowedScopes: Set<String>?
    private let allowedRoles: Set<String>?
    private let fields: ClaimFields
    private let planClaim: String?

    init(_ configuration: IssuerConfiguration) {
        issuer = configuration.issuer
        audiences = configuration.audiences
        algorithms = configuration.algorithms
        type = configuration.tokenType
        clockSkew = Int64(configuration.clockSkew)
        requiredClaims = configuration.requiredClaims
        subjectPrefix = configuration.subjectPrefix
        allowedScopes = configuration.scopes.map { Set($0) }
        allowedRoles = configuration.roles.map { Set($0) }
        fields = ClaimFields(configuration.claimFields)
        planClaim = configuration.planClaim
    }

    /// - Parameter now: Milliseconds since 1970.
    func inspect(_ token: UnverifiedToken, now: Int64) throws(TokenRefusal) -> TokenClaims {
        let (algorithm, keyID) = try checkHeader(token.header)
        guard algorithm.signatureLengths.contains(token.signature.count) else { throw .malformed }
        var claims = try claims(token.claims, keyID: keyID, now: now)
        claims.algorithm = algorithm
        claims.fields = fields.lines(token.claims)
        claims.authenticatedAt = try? Self.milliseconds(token.claims["auth_time"])
        claims.context = try? Self.text(token.claims["acr"])
        if let planClaim, case .string(let plan)? = token.claims[planClaim] { claims.plan = plan }
        return claims
    }

    private func claims(
        _ claims: [String: JSONValue], keyID: String, now: Int64
    ) throws(TokenRefusal) -> TokenClaims {
        guard claims["iss"] == .string(issuer) else { throw .issuer }
        guard names(claims["aud"]) else { throw .audience }
        let expiry = try checkTimes(claims, now: now)
        for name in requiredClaims where claims[name] == nil || claims[name] == .null { throw .missingClaim }
        guard case .string(let subject)? = claims["sub"], (1...128).contains(subject.utf8.count) else {
            throw .missingClaim
        }
        let scopes = Set((try Self.text(claims["scope"]) ?? "").split(separator: " ").map(String.init))
        let roles = try Self.texts(claims["roles"])
        var read = TokenClaims(
            keyID: keyID, subject: subjectPrefix + subject, sessionID: try Self.text(claims["sid"]),
            scopes: allowedScopes.map(scopes.intersection) ?? scopes,
            roles: allowedRoles.map { allowed in roles.filter(allowed.contains) } ?? roles, expiry: expiry)
        read.statedRoles = Set(roles)
        return read
    }

    /// `aud` is one name or a list of names (RFC 7519 section 4.1.3).
    private func names(_ claim: JSONValue?) -> Bool {
        switch claim {
        case .string(let one)?: audiences.contains(one)
        case .array(let several)?: audiences.contains { several.contains(.string($0)) }
        default: false
        }
    }

    private func checkTimes(_ claims: [String: JSONValue], now: Int64) throws(TokenRefusal) -> Int64 {
        guard let expiry = try Self.milliseconds(claims["exp"]) else { throw .missingClaim }
        guard now < expiry + clockSkew else { throw .expired }
        if let start = try Self.milliseconds(claims["nbf"]), now + clockSkew < start { throw .notYetValid }
        if let issued = try Self.milliseconds(claims["iat"]), now + clockSkew < issued { throw .notYetValid }
        return expiry + clockSkew
    }
}

// MARK: - Header

extension TokenProfile {
    private static let ownKeys: [(String, TokenRefusal)] = [
        ("crit", .critical), ("jku", .keyURL), ("jwk", .embeddedKey), ("x5u", .certificateURL),
        ("x5c", .certificates), ("b64", .unencoded),
    ]

    /// A thumbprint only says what the key id says already, and some issuers always send one.
    private static let known: Set<String> = ["alg", "typ", "kid", "x5t", "x5t#S256"]

    private func checkHeader(_ header: [String: JSONValue]) throws(TokenRefusal) -> (TokenAlgorithm, String) {
        let algorithm = try checkAlgorithm(header["alg"])
        if let type {
            guard case .string(let found)? = header["typ"], found.lowercased() == type else { throw .type }
        }
        for (name, refusal) in Self.ownKeys where header[name] != nil { throw refusal }
        guard header.keys.allSatisfy(Self.known.contains) else { throw .header }
        guard case .string(let keyID)? = header["kid"], (1...128).contains(keyID.utf8.count) else { throw .header }
        return (algorithm, keyID)
    }

    private func checkAlgorithm(_ value: JSONValue?) throws(TokenRefusal) -> TokenAlgorithm {
        guard case .string(let name)? = value else { throw .algorithm }
        if name.lowercased() == "none" { throw .unsigned }
        if name.uppercased().hasPrefix("HS") { throw .symmetric }
        guard let algorithm = TokenAlgorithm(name: name), algorithms.contains(algorithm) else { throw .algorithm }
        return algorithm
    }
}

// MARK: - Members

extension TokenProfile {
    private static func text(_ value: JSONValue?) throws(TokenRefusal) -> String? {
        switch value {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw .malformed
        }
    }

    private static func texts(_ value: JSONValue?) throws(TokenRefusal) -> [String] {
        guard let value else { return [] }
        guard case .array(let elements) = value else { throw .malformed }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element else { throw .malformed }
            texts.append(text)
        }
        return texts
    }

    /// Whole seconds since 1970 as milliseconds; far times that would overflow are malformed.
    private static func milliseconds(_ value: JSONValue?) throws(TokenRefusal) -> Int64? {
        guard let value else { return nil }
        guard case .integer(let seconds) = value, (0...253_402_300_800).contains(seconds) else { throw .malformed }
        return seconds * 1_000
    }
}
