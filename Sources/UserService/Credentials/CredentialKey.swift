import Chassis
import Crypto

/// The secret that one-time tokens and hashes of addresses are made with. It lies beside the database, not in it: a copy of
/// the database alone gives nobody a token.
struct CredentialKey: Sendable {
    private let key: SymmetricKey

    /// A fresh random key.
    init() { key = SymmetricKey(size: .bits256) }

    /// A key of a secret text.
    /// - Returns: nil when it is shorter than 32 bytes.
    init?(_ text: String) {
        guard text.utf8.count >= 32 else { return nil }
        key = SymmetricKey(data: SHA256.hash(data: Array(text.utf8)))
    }

    /// Reads the key at `path`; the first start makes one (mode 0600).
    /// - Throws: `FileError`, or ``SettingsError`` when the file holds no key.
    static func load(_ path: String) throws -> CredentialKey {
        if FileAccess.version(of: path) == nil {
            var generator = SystemRandomNumberGenerator()
            let text = Base64URL.encode([UInt8].random(32, using: &generator))
            try FileAccess.write(Array("\(text)\n".utf8), to: path, mode: 0o600)
        }
        guard let key = CredentialKey(try FileAccess.readTrimmed(path)) else { throw Self.unusable(path) }
        return key
    }

    /// The key of the settings: `CREDENTIAL_KEY_FILE` or `CREDENTIAL_KEY`, or else the one in the data directory.
    static func load(_ settings: Settings, dataDirectory: String) throws -> CredentialKey {
        guard let secret = try settings.secret("CREDENTIAL_KEY") else {
            return try load("\(dataDirectory)/credential-key")
        }
        guard let key = CredentialKey(secret.current.exposed) else { throw unusable(nil) }
        return key
    }

    /// HMAC-SHA256 of `bytes`, which differs for every purpose.
    func code(for purpose: String, _ bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("\(purpose)\0".utf8) + bytes, using: key))
    }

    private static func unusable(_ path: String?) -> SettingsError {
        SettingsError(
            key: path == nil ? "CREDENTIAL_KEY" : "CREDENTIAL_KEY_FILE", value: path, allowed: "at least 32 characters")
    }
}
