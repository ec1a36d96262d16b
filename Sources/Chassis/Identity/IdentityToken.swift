import Crypto
import JSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The bytes of an identity token: a JWS in compact form (RFC 7515 §3.1) signed with ES256 (RFC 7518 §3.4).
///
/// swift-crypto signs and verifies. jwt-kit, which reads the public's tokens, keeps its keys in an actor and its claims
/// in Foundation's lenient decoder; here a call stays on its loop and claims go through our strict parser.
enum IdentityToken {
    static let type = "tollgate-id+jwt"
    static let algorithm = "ES256"
    /// The life of a token, in milliseconds.
    static let life: Int64 = 60_000
    /// How far a peer's clock may be ahead, in milliseconds.
    static let skew: Int64 = 10_000
    /// What no honest token reaches, in bytes.
    static let maximumLength = 4_096
    /// The members of a header, and the claims of a payload. Our own services make these tokens: whatever else is in
    /// one was made by somebody else, or for something that this program does not know of.
    private static let headerMembers: Set<String> = ["alg", "kid", "typ"]
    private static let claimNames: Set<String> = [
        "iss", "aud", "iat", "exp", "sub", "sid", "key_id", "scope", "roles",
    ]

    /// The claims of a token.
    struct Claims: Equatable {
        var caller: CallerIdentity
        var audience: String
        /// Milliseconds since 1970, whole seconds.
        var issuedAt: Int64
        /// Milliseconds since 1970, whole seconds.
        var expiresAt: Int64
    }

    // MARK: - Writing

    static func sign(_ claims: Claims, keyID: String, key: P256.Signing.PrivateKey) throws -> String {
        try sign(header: header(algorithm: algorithm, type: type, keyID: keyID), payload: payload(claims), key: key)
    }

    /// Signs any header and payload; tests forge with it.
    static func sign(header: [UInt8], payload: [UInt8], key: P256.Signing.PrivateKey) throws -> String {
        var bytes = Base64URL.encodedBytes(header)
        bytes.append(UInt8(ascii: "."))
        bytes += Base64URL.encodedBytes(payload)
        let signature = try key.signature(for: bytes)
        bytes.append(UInt8(ascii: "."))
        bytes += Base64URL.encodedBytes(signature.rawRepresentation)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func header(algorithm: String, type: String, keyID: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("alg", algorithm)
        json.member("kid", keyID)
        json.member("typ", type)
        json.endObject()
        return json.bytes
    }

    static func payload(_ claims: Claims) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("iss", claims.caller.issuer)
        json.member("aud", claims.audience)
        json.member("iat", claims.issuedAt / 1_000)
        json.member("exp", claims.expiresAt / 1_000)
        if let subject = claims.caller.subject { json.member("sub", subject) }
        if let session = claims.caller.sessionID { json.member("sid", session) }
        if let key = claims.caller.keyID { json.member("key_id", key) }
        if !claims.caller.scopes.isEmpty { json.member("scope", claims.caller.scopes.sorted().joined(separator: " ")) }
        if !claims.caller.roles.isEmpty {
            json.key("roles")
            json.beginArray()
            for role in claims.caller.roles { json.string(role) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }

    // MARK: - Reading

    /// Checks the signature and gives the claims; what they allow is the verifier's business.
    static func open(
        _ token: String, key find: (_ keyID: String) -> IdentityPeerKey?
    ) throws(IdentityRefusal) -> (claims: Claims, peer: IdentityPeerKey) {
        let bytes = Array(token.utf8)
        guard bytes.count <= maximumLength else { throw .malformed }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), signature.count == 64
        else { throw .malformed }
        let peer = try peer(ofHeader: header, find)
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
            peer.key.isValidSignature(signature, for: bytes[..<parts[1].endIndex])
        else { throw .badSignature }
        return (try claims(ofPayload: payload), peer)
    }

    private static func peer(
        ofHeader header: [UInt8], _ find: (String) -> IdentityPeerKey?
    ) throws(IdentityRefusal) -> IdentityPeerKey {
        let json = try object(header)
        guard json["alg"]?.string == algorithm else { throw .wrongAlgorithm }
        guard json["typ"]?.string == type else { throw .wrongType }
        try expectOnly(headerMembers, in: json)
        guard let keyID = json["kid"]?.string, let peer = find(keyID) else { throw .unknownKey }
        return peer
    }

    private static func claims(ofPayload payload: [UInt8]) throws(IdentityRefusal) -> Claims {
        let json = try object(payload)
        try expectOnly(claimNames, in: json)
        guard let issuer = json["iss"]?.string, let audience = json["aud"]?.string,
            let issued = json["iat"]?.integer, let expires = json["exp"]?.integer,
            (0...(1 << 40)).contains(issued), (0...(1 << 40)).contains(expires)
        else { throw .malformed }
        let caller = CallerIdentity(
            issuer: issuer, subject: try text("sub", of: json), sessionID: try text("sid", of: json),
            keyID: try text("key_id", of: json), scopes: Set(try words("scope", of: json)),
            roles: try roles(of: json))
        return Claims(caller: caller, audience: audience, issuedAt: issued * 1_000, expiresAt: expires * 1_000)
    }

    private static func object(_ bytes: [UInt8]) throws(IdentityRefusal) -> JSONValue {
        guard let json = try? JSONValue(parsing: bytes), case .object = json else { throw .malformed }
        return json
    }

    private static func expectOnly(_ known: Set<String>, in json: JSONValue) throws(IdentityRefusal) {
        guard json.object?.allSatisfy({ known.contains($0.name) }) == true else { throw .unknownMember }
    }

    /// A claim that may be left out, but not be anything else than a text.
    private static func text(_ name: String, of json: JSONValue) throws(IdentityRefusal) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.string else { throw .malformed }
        return text
    }

    private static func words(_ name: String, of json: JSONValue) throws(IdentityRefusal) -> [String] {
        try text(name, of: json)?.split(separator: " ").map(String.init) ?? []
    }

    private static func roles(of json: JSONValue) throws(IdentityRefusal) -> [String] {
        guard let value = json["roles"] else { return [] }
        guard let elements = value.array else { throw .malformed }
        let roles = elements.compactMap(\.string)
        guard roles.count == elements.count else { throw .malformed }
        return roles
    }
}
