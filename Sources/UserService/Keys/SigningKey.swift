import Crypto

/// A key pair that signs access tokens: ES256 (RFC 7518 §3.4).
struct SigningKey: Sendable {
    let privateKey: P256.Signing.PrivateKey
    let publicKey: PublicSigningKey

    /// A fresh random key.
    init() { self.init(P256.Signing.PrivateKey()) }

    /// A key in PEM (PKCS #8 or SEC 1).
    /// - Throws: `CryptoKitASN1Error` or `CryptoKitError` when it is not one.
    init(pem: String) throws { self.init(try P256.Signing.PrivateKey(pemRepresentation: pem)) }

    /// From ``privateBytes``.
    /// - Throws: `CryptoKitError` when they are no key.
    init(privateBytes: [UInt8]) throws {
        self.init(try P256.Signing.PrivateKey(rawRepresentation: privateBytes))
    }

    private init(_ key: P256.Signing.PrivateKey) {
        privateKey = key
        publicKey = PublicSigningKey(key.publicKey)
    }

    /// The key's name in tokens and in the key set.
    var id: String { publicKey.id }

    /// The private key, 32 bytes. Only to be sealed.
    var privateBytes: [UInt8] { Array(privateKey.rawRepresentation) }

    /// The private key in PEM (PKCS #8). Only for a file of mode 0600.
    var pem: String { privateKey.pemRepresentation }
}
