public import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The public key of a service that may call this one.
public struct IdentityPeerKey: Sendable {
    /// The service, such as `gateway`: what `iss` must be.
    public let service: String
    /// Its key.
    public let key: P256.Signing.PublicKey

    /// Pairs a service with its key.
    public init(service: String, key: P256.Signing.PublicKey) {
        self.service = service
        self.key = key
    }
}

/// A fresh key of a service, and what all others hold of it, as PEM files have them.
public struct IdentityKeyPair: Sendable {
    /// The private key: the service's own.
    public let privateText: String
    /// The public key.
    public let publicText: String

    /// Makes a pair.
    public init() {
        let key = P256.Signing.PrivateKey()
        privateText = key.pemRepresentation + "\n"
        publicText = key.publicKey.pemRepresentation + "\n"
    }
}

/// The key files of the services: `<dir>/<service>/identity.pem` is private to its service (mode 0600),
/// `<dir>/peers/<service>.pem` is what all others hold. During a rotation a peer's file has the old and the new key.
public enum IdentityKeys {
    /// Writes a fresh pair for each service, and `<dir>/admin/token`; what exists stays as it is.
    /// - Throws: ``FileError``.
    public static func generate(services: [String], directory: String) throws(FileError) {
        try FileAccess.makeDirectory("\(directory)/peers")
        for service in services {
            let path = "\(directory)/\(service)/identity.pem"
            guard FileAccess.version(of: path) == nil else { continue }
            try FileAccess.makeDirectory("\(directory)/\(service)")
            let pair = IdentityKeyPair()
            // The public half first: a pair cut short by a crash is then made again as a whole.
            try FileAccess.write(Array(pair.publicText.utf8), to: "\(directory)/peers/\(service).pem", mode: 0o644)
            try FileAccess.write(Array(pair.privateText.utf8), to: path)
        }
        try FileAccess.makeDirectory("\(directory)/admin")
        try AdminToken.generate(at: "\(directory)/admin/token")
    }

    /// The id of a key: the base64url of the first 16 bytes of the SHA-256 of its X9.63 form, so that both sides know
    /// it without being told.
    public static func keyID(_ key: P256.Signing.PublicKey) -> String {
        Base64URL.encode(SHA256.hash(data: key.x963Representation).prefix(16))
    }

    /// The private key in the PEM file at `path` (`IDENTITY_KEY_FILE`).
    public static func privateKey(at path: String) throws(SettingsError) -> P256.Signing.PrivateKey {
        guard let text = try? FileAccess.readTrimmed(path),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: text)
        else {
            throw SettingsError(
                key: "IDENTITY_KEY_FILE", value: path, allowed: "a readable PEM file with a P-256 private key")
        }
        return key
    }

    /// The public keys in the directory at `path` (`IDENTITY_PEERS_DIR`), by key id.
    public static func peers(in path: String) throws(SettingsError) -> [String: IdentityPeerKey] {
        let allowed = "a readable directory of <service>.pem files with P-256 public keys"
        guard let names = try? FileAccess.list(path) else {
            throw SettingsError(key: "IDENTITY_PEERS_DIR", value: path, allowed: allowed)
        }
        var peers: [String: IdentityPeerKey] = [:]
        for name in names where name.hasSuffix(".pem") && !name.hasPrefix(".") {
            guard let keys = publicKeys(at: "\(path)/\(name)") else {
                throw SettingsError(key: "IDENTITY_PEERS_DIR", value: "\(path)/\(name)", allowed: allowed)
            }
            for key in keys { peers[keyID(key)] = IdentityPeerKey(service: String(name.dropLast(4)), key: key) }
        }
        return peers
    }

    private static func publicKeys(at path: String) -> [P256.Signing.PublicKey]? {
        guard let text = try? FileAccess.readTrimmed(path) else { return nil }
        let end = "-----END PUBLIC KEY-----"
        var keys: [P256.Signing.PublicKey] = []
        var block: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline) {
            block.append(line)
            guard line.hasPrefix(end) else { continue }
            guard let key = try? P256.Signing.PublicKey(pemRepresentation: block.joined(separator: "\n")) else {
                return nil
            }
            keys.append(key)
            block = []
        }
        return keys.isEmpty || !block.isEmpty ? nil : keys
    }
}
