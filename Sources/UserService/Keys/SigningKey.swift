import Chassis
import Crypto
import JSON

/// A key pair that signs access tokens: ES256 (RFC 7518 §3.4).
struct SigningKey: Sendable {
    let privateKey: P256.Signing.PrivateKey
    /// The key's name in tokens and in the key set: its RFC 7638 thumbprint.
    let id: String

    /// A fresh random key.
    init() { self.init(P256.Signing.PrivateKey()) }

    /// A key in PEM (PKCS #8 or SEC 1).
    /// - Throws: `CryptoKitASN1Error` or `CryptoKitError` when it is not one.
    init(pem: String) throws { self.init(try P256.Signing.PrivateKey(pemRepresentation: pem)) }

    private init(_ key: P256.Signing.PrivateKey) {
        privateKey = key
        id = Self.thumbprint(key.publicKey)
    }

    /// The private key in PEM (PKCS #8). Only for a file of mode 0600.
    var pem: String { privateKey.pemRepresentation }

    /// The public key's members in a JSON Web Key (RFC 7517 §4, RFC 7518 §6.2.1).
    func writePublicMembers(to writer: inout JSONWriter) {
        let (x, y) = Self.coordinates(privateKey.publicKey)
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
