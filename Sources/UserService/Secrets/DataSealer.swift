import Chassis
import Crypto

/// Encrypts what must not be readable in the database or its backups: AES-256-GCM (NIST SP 800-38D) under a key that is not
/// stored with it.
///
/// Each purpose has a key of its own, derived by HKDF (RFC 5869), and each value is bound to what it belongs to, so that
/// one that is moved to another row does not open.
///
/// While the key is replaced by another there are two: the current one encrypts, and what it does not open may be under
/// the previous one (see ``Resealing``).
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
    private let previous: SymmetricKey?

    /// - Parameters:
    ///   - key: 32 random bytes.
    ///   - previous: The key of before, while something may be under it.
    init(key: [UInt8], previous: [UInt8]? = nil) {
        self.key = SymmetricKey(data: key)
        self.previous = previous.map { SymmetricKey(data: $0) }
    }

    /// Whether there is a key of before.
    var hasPrevious: Bool { previous != nil }

    /// The key of `SIGNING_KEY_ENCRYPTION_KEY_FILE` (or, without `_FILE`, of the environment): 32 bytes in base64url. The
    /// previous one of `SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS_FILE`, where it is set and the file is there: `tollgate up`
    /// names it always, and the file comes and goes.
    /// - Throws: ``SettingsError`` when there is none, or none that can be used. It never holds the key.
    init(_ settings: Settings) throws(SettingsError) {
        guard let key = try Self.key(Self.setting, settings) else {
            throw SettingsError(key: "\(Self.setting)_FILE", value: nil, allowed: Self.allowed)
        }
        self.init(key: key, previous: try Self.previous(settings))
    }

    private static func previous(_ settings: Settings) throws(SettingsError) -> [UInt8]? {
        let setting = "SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS"
        if let file = settings.optionalString("\(setting)_FILE"), FileAccess.version(of: file) == nil { return nil }
        return try key(setting, settings)
    }

    private static func key(_ setting: String, _ settings: Settings) throws(SettingsError) -> [UInt8]? {
        guard let source = try settings.secret(setting) else { return nil }
        guard let key = Base64URL.decode(source.current.exposed), key.count == 32 else {
            throw refusal(settings, allowed, setting)
        }
        return key
    }

    /// What stops the start when the key is not the one under which the database was written.
    static func wrongKey(_ settings: Settings) -> SettingsError {
        refusal(settings, "the key under which the signing keys in the database were encrypted")
    }

    private static func refusal(
        _ settings: Settings, _ allowed: String, _ setting: String = Self.setting
    ) -> SettingsError {
        let path = settings.optionalString("\(setting)_FILE")
        return SettingsError(
            key: path == nil ? setting : "\(setting)_FILE", value: path ?? "[secret]", allowed: allowed)
    }

    private static let allowed = "a file with 32 random bytes in base64url, as tollgate keys init makes it"

    /// Encrypts `bytes` for `owner`.
    func seal(_ bytes: [UInt8], _ purpose: Purpose, of owner: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(bytes, using: Self.derived(key, purpose), authenticating: Array(owner.utf8))
        guard let sealed = box.combined else { throw CannotOpen() }
        return [Self.version] + sealed
    }

    /// What was encrypted.
    /// - Throws: ``CannotOpen``.
    func open(_ sealed: [UInt8], _ purpose: Purpose, of owner: String) throws(CannotOpen) -> [UInt8] {
        if let bytes = Self.open(sealed, under: key, purpose, owner) { return bytes }
        guard let previous, let bytes = Self.open(sealed, under: previous, purpose, owner) else { throw CannotOpen() }
        return bytes
    }

    /// The same under the current key.
    /// - Returns: nil when it is under it already.
    /// - Throws: ``CannotOpen`` when no key opens it.
    func reseal(_ sealed: [UInt8], _ purpose: Purpose, of owner: String) throws -> [UInt8]? {
        guard Self.open(sealed, under: key, purpose, owner) == nil else { return nil }
        return try seal(try open(sealed, purpose, of: owner), purpose, of: owner)
    }

    private static func open(
        _ sealed: [UInt8], under key: SymmetricKey, _ purpose: Purpose, _ owner: String
    ) -> [UInt8]? {
        guard sealed.first == version, let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst()),
            let bytes = try? AES.GCM.open(box, using: derived(key, purpose), authenticating: Array(owner.utf8))
        else { return nil }
        return Array(bytes)
    }

    private static func derived(_ key: SymmetricKey, _ purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(purpose.rawValue.utf8), outputByteCount: 32)
    }
}
