import Chassis
import JSON

/// What a token says, before anybody has looked at its signature.
struct TokenClaims: Sendable, Equatable {
    var keyID: String
    var subject: String
    var sessionID: String?
    var scopes: Set<String>
    var roles: [String]
    /// Milliseconds since 1970 from which on the token is refused, the allowed clock skew included.
    var expiry: Int64
}

/// The one form of token that is accepted: a compact JWS (RFC 7515) with ES256 and the claims of RFC 9068.
///
/// The header may have `alg`, `typ` and `kid` and nothing else, so that no token can choose its own key, certificate or
/// processing rule; members may not be repeated; base 64 must be canonical. The signature is checked by jwt-kit later.
struct TokenProfile: Sendable {
    /// The longest token in bytes.
    static let maximumLength = 8 << 10

    let issuer: String
    let audience: String
    /// The expected `typ`, in lower case.
    let type: String
    let clockSkew: Int64
    let requiredClaims: [String]

    init(_ configuration: AuthenticationConfiguration) {
        issuer = configuration.issuer
        audience = configuration.audience
        type = configuration.tokenType.lowercased()
        clockSkew = Int64(configuration.clockSkew)
        requiredClaims = configuration.requiredClaims
    }

    /// - Parameters:
    ///   - token: The compact serialisation.
    ///   - now: Milliseconds since 1970.
    func inspect(_ token: [UInt8], now: Int64) throws(TokenRefusal) -> TokenClaims {
        guard token.count <= Self.maximumLength else { throw .tooLong }
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]), signature.count == 64 else {
            throw .malformed
        }
        let keyID = try checkHeader(Self.object(parts[0]))
        return try claims(Self.object(parts[1]), keyID: keyID, now: now)
    }

    private func checkHeader(_ header: [String: JSONValue]) throws(TokenRefusal) -> String {
        guard header["alg"] == .string("ES256") else { throw .algorithm }
        guard case .string(let type)? = header["typ"], type.lowercased() == self.type else { throw .type }
        guard header.keys.allSatisfy({ $0 == "alg" || $0 == "typ" || $0 == "kid" }) else { throw .header }
        guard case .string(let keyID)? = header["kid"], (1...128).contains(keyID.utf8.count) else { throw .header }
        return keyID
    }

    private func claims(
        _ claims: [String: JSONValue], keyID: String, now: Int64
    ) throws(TokenRefusal) -> TokenClaims {
        guard claims["iss"] == .string(issuer) else { throw .issuer }
        guard names(audience, claims["aud"]) else { throw .audience }
        let expiry = try checkTimes(claims, now: now)
        for name in requiredClaims where claims[name] == nil || claims[name] == .null { throw .missingClaim }
        guard case .string(let subject)? = claims["sub"], (1...128).contains(subject.utf8.count) else {
            throw .missingClaim
        }
        return TokenClaims(
            keyID: keyID, subject: subject, sessionID: try Self.text(claims["sid"]),
            scopes: Set((try Self.text(claims["scope"]) ?? "").split(separator: " ").map(String.init)),
            roles: try Self.texts(claims["roles"]), expiry: expiry)
    }

    /// `aud` is one name or a list of names (RFC 7519 section 4.1.3).
    private func names(_ audience: String, _ claim: JSONValue?) -> Bool {
        switch claim {
        case .string(let one)?: one == audience
        case .array(let several)?: several.contains(.string(audience))
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

// MARK: - Members

extension TokenProfile {
    /// Decodes one part: canonical base 64 of a JSON object without repeated members.
    private static func object(_ part: ArraySlice<UInt8>) throws(TokenRefusal) -> [String: JSONValue] {
        guard let bytes = Base64URL.decode(part), let value = try? JSONValue(parsing: bytes),
            case .object(let members) = value
        else { throw .malformed }
        var object: [String: JSONValue] = [:]
        for member in members {
            guard object.updateValue(member.value, forKey: member.name) == nil else { throw .malformed }
        }
        return object
    }

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
