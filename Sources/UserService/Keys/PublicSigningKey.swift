import Chassis
import Crypto
import JSON

/// The public half of a key that signs access tokens, as it is published.
struct PublicSigningKey: Sendable {
    let key: P256.Signing.PublicKey
    /// The key's name in tokens and in the key set: its RFC 7638 thumbprint.
    let id: String

    init(_ key: P256.Signing.PublicKey) {
        self.key = key
        id = Self.thumbprint(key)
    }

    /// From ``bytes``.
    /// - Throws: `CryptoKitError` when it is no point of the curve.
    init(bytes: [UInt8]) throws { self.init(try P256.Signing.PublicKey(rawRepresentation: bytes)) }

    /// Both coordinates, 64 bytes.
    var bytes: [UInt8] { Array(key.rawRepresentation) }

    /// The members of a JSON Web Key (RFC 7517 §4, RFC 7518 §6.2.1).
    func writeMembers(to writer: inout JSONWriter) {
        let (x, y) = Self.coordinates(key)
        writer.member("kty", "EC")
        writer.member("crv", "P-256")
        writer.member("x", x)
        writer.member("y", y)
        writer.member("kid", id)
        writer.member("use", "sig")
        writer.member("alg", "ES256")
    }

    /// RFC 7638 §3: SHA-256 of the required members alone, in the order of their names, without white space.
    private static func thumbprint(_ key: P256.Signing.PublicKey) -> String {
        let (x, y) = coordinates(key)
        let text = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
        return Base64URL.encode(SHA256.hash(data: Array(text.utf8)))
    }

    private static func coordinates(_ key: P256.Signing.PublicKey) -> (x: String, y: String) {
        let raw = Array(key.rawRepresentation)
        return (Base64URL.encode(raw.prefix(32)), Base64URL.encode(raw.suffix(32)))
    }
}
