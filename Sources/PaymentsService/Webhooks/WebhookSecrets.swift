import Chassis
import Crypto

/// Makes the secrets that webhooks are signed with.
///
/// They are derived from a key that lies beside the database, not in it: neither the database nor a copy of it lets anybody
/// sign. The same endpoint and version give the same secret for ever.
struct WebhookSecrets: Sendable {
    private let key: SymmetricKey

    /// - Returns: nil when the text is shorter than 32 bytes.
    init?(_ text: String) {
        guard text.utf8.count >= 32 else { return nil }
        key = SymmetricKey(data: SHA256.hash(data: Array(text.utf8)))
    }

    /// The secret of an endpoint: `whsec_` and 43 characters.
    func secret(of endpoint: String, version: Int64) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array("webhook\0\(endpoint)\0\(version)".utf8), using: key)
        return "whsec_" + Base64URL.encode(Array(code))
    }

    /// The key of the settings: `WEBHOOK_KEY_FILE` or `WEBHOOK_KEY`, or else the one in the data directory, which the
    /// first start makes (mode 0600).
    ///
    /// - Throws: `SettingsError`, `FileError`.
    static func load(_ settings: Settings, dataDirectory: String) throws -> WebhookSecrets {
        if let secret = try settings.secret("WEBHOOK_KEY") {
            guard let secrets = WebhookSecrets(secret.current.exposed) else { throw unusable("WEBHOOK_KEY", nil) }
            return secrets
        }
        let path = "\(dataDirectory)/webhook-key"
        if FileAccess.version(of: path) == nil {
            var generator = SystemRandomNumberGenerator()
            let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            try FileAccess.makeDirectory(dataDirectory, mode: 0o700)
            try FileAccess.write(Array("\(Base64URL.encode(bytes))\n".utf8), to: path, mode: 0o600)
        }
        guard let secrets = WebhookSecrets(try FileAccess.readTrimmed(path)) else {
            throw unusable("WEBHOOK_KEY_FILE", path)
        }
        return secrets
    }

    private static func unusable(_ key: String, _ path: String?) -> SettingsError {
        SettingsError(key: key, value: path, allowed: "at least 32 characters")
    }
}
