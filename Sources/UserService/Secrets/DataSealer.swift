import Chassis
import Crypto

/// Encrypts what must not be readable in the database or its backups: AES-256-GCM (NIST SP 800-38D) under a key that is not
/// stored with it.
///
/// Each purpose has a key of its own, derived by HKDF (RFC 5869), and each value is bound to what it belongs to, so that
/// one that is moved to another row does not open.
struct DataSealer: Sendable {
    /// The purposes of sealed values.
    enum Purpose: String, Sendable {
        case signingKey = "tollgate signing key"
        case totpSecret = "tollgate totp secret"
    }

    /// The value was sealed under another key, for something else, or was changed.
    struct CannotOpen: Error, Equatable {}

    private static let setting = "SIGNING_KEY_ENCRYPTION_KEY"
    private static let version: UInt8 = 1
    private let key: SymmetricKey

    /// - Parameter key: 32 random bytes.
    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// The key of `SIGNING_KEY_ENCRYPTION_KEY_FILE` (or, without `_FILE`, of the environment): 32 bytes in base64url.
    /// - Throws: ``SettingsError`` when there is none, or none that can be used. It never holds the key.
    init(_ settings: Settings) throws(SettingsError) {
        guard let source = try settings.secret(Self.setting) else {
            throw SettingsError(key: "\(Self.setting)_FILE", value: nil, allowed: Self.allowed)
        }
        guard let key = Base64URL.decode(source.current.exposed), key.count == 32 else {
            throw Self.refusal(settings, Self.allowed)
        }
        self.init(key: key)
    }

    /// What stops the start when the key is not the one under which the database was written.
    static func wrongKey(_ settings: Settings) -> SettingsError {
        refusal(settings, "the key under which the signing keys in the database were encrypted")
    }

    private static func refusal(_ settings: Settings, _ allowed: String) -> SettingsError {
        let path = settings.optionalString("\(setting)_FILE")
        return SettingsError(
            key: path == nil ? setting : "\(setting)_FILE", value: path ?? "[secret]", allowed: allowed)
    }

    private static let allowed = "a file with 32 random bytes in base64url, as tollgate keys init makes it"

    /// Encrypts `bytes` for `owner`.
    func seal(_ bytes: [UInt8], _ purpose: Purpose, of owner: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(bytes, using: key(purpose), authenticating: Array(owner.utf8))
        guard let sealed = box.combined else { throw CannotOpen() }
        return [Self.version] + sealed
    }

    /// What was encrypted.
    /// - Throws: ``CannotOpen``.
    func open(_ sealed: [UInt8], _ purpose: Purpose, of owner: String) throws(CannotOpen) -> [UInt8] {
        guard sealed.first == Self.version, let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst()),
            let bytes = try? AES.GCM.open(box, using: key(purpose), authenticating: Array(owner.utf8))
        else { throw CannotOpen() }
        return Array(bytes)
    }

    private func key(_ purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(purpose.rawValue.utf8), outputByteCount: 32)
    }
}
