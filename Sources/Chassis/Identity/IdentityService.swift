import Crypto
import Synchronization

/// The identity of this service: its signer and its verifier, from the key files of the settings.
///
/// `IDENTITY_KEY_FILE` is the private key (for services that call others), `IDENTITY_PEERS_DIR` the public keys of
/// those that may call. Both are read again when they change.
public final class IdentityService: Sendable {
    private let name: String
    private let keyFile: String?
    private let peersDirectory: String?
    private let knownSigner: IdentitySigner?
    private let knownVerifier: IdentityVerifier?
    private let seen: Mutex<[FileVersion?]>

    /// Reads the keys that the settings name.
    /// - Throws: ``SettingsError`` when a file is named and cannot be used.
    public init(name: String, settings: Settings, clock: any WallClock = SystemWallClock()) throws(SettingsError) {
        self.name = name
        keyFile = settings.optionalString("IDENTITY_KEY_FILE")
        peersDirectory = settings.optionalString("IDENTITY_PEERS_DIR")
        // Before the files are read: a change in between is then found by the next look.
        seen = Mutex(Self.versions(keyFile, peersDirectory))
        if let keyFile {
            let key = try IdentityKeys.privateKey(at: keyFile)
            knownSigner = IdentitySigner(service: name, key: key, clock: clock)
        } else {
            knownSigner = nil
        }
        if let peersDirectory {
            let peers = try IdentityKeys.peers(in: peersDirectory)
            knownVerifier = IdentityVerifier(audience: name, peers: peers, clock: clock)
        } else {
            knownVerifier = nil
        }
    }

    /// An identity of parts made elsewhere, for tests.
    public init(name: String, signer: IdentitySigner?, verifier: IdentityVerifier?) {
        self.name = name
        keyFile = nil
        peersDirectory = nil
        seen = Mutex([])
        knownSigner = signer
        knownVerifier = verifier
    }

    /// Signs calls to other services.
    /// - Throws: ``SettingsError`` when `IDENTITY_KEY_FILE` is not set.
    public var signer: IdentitySigner {
        get throws(SettingsError) {
            guard let knownSigner else {
                throw SettingsError(
                    key: "IDENTITY_KEY_FILE", value: nil,
                    allowed: "the PEM file with the private key of \(name) (tollgate keys init)")
            }
            return knownSigner
        }
    }

    /// Verifies the calls of other services.
    /// - Throws: ``SettingsError`` when `IDENTITY_PEERS_DIR` is not set.
    public var verifier: IdentityVerifier {
        get throws(SettingsError) {
            guard let knownVerifier else {
                throw SettingsError(
                    key: "IDENTITY_PEERS_DIR", value: nil,
                    allowed: "the directory with the callers' public keys (tollgate keys init)")
            }
            return knownVerifier
        }
    }

    /// The middleware that lets only `allowedIssuers` in.
    /// - Throws: ``SettingsError`` when `IDENTITY_PEERS_DIR` is not set.
    public func middleware(allowedIssuers: Set<String>) throws(SettingsError) -> IdentityMiddleware {
        IdentityMiddleware(verifier: try verifier, allowedIssuers: allowedIssuers)
    }

    /// Reads the keys again when a file has changed; tells whether one had.
    /// - Throws: ``SettingsError`` when one cannot be used; the keys in use then stay, and the next call tries again.
    func refresh() throws(SettingsError) -> Bool {
        let now = Self.versions(keyFile, peersDirectory)
        guard seen.withLock({ $0 != now }) else { return false }
        let key = if let keyFile { try IdentityKeys.privateKey(at: keyFile) } else { nil as P256.Signing.PrivateKey? }
        let peers =
            if let peersDirectory { try IdentityKeys.peers(in: peersDirectory) } else {
                nil as [String: IdentityPeerKey]?
            }
        if let key { knownSigner?.replace(key: key) }
        if let peers { knownVerifier?.replace(peers: peers) }
        seen.withLock { $0 = now }
        return true
    }

    /// When the file of the private key was written, milliseconds since 1970; nil without such a file.
    var keyWrittenAt: Int64? {
        keyFile.flatMap { FileAccess.version(of: $0) }.map { $0.changed / 1_000_000 }
    }

    private static func versions(_ keyFile: String?, _ peersDirectory: String?) -> [FileVersion?] {
        var versions = keyFile.map { [FileAccess.version(of: $0)] } ?? []
        if let peersDirectory {
            let names = (try? FileAccess.list(peersDirectory)) ?? []
            versions += names.map { FileAccess.version(of: "\(peersDirectory)/\($0)") }
        }
        return versions
    }
}
