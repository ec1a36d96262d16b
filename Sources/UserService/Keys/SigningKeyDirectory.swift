import Chassis

/// Where the signing keys lie: a directory (mode 0700) of PEM files (0600) whose names sort by age, the last one signs.
///
/// A directory that is mounted read-only, with a key in it, is only read.
struct SigningKeyDirectory: Sendable {
    let path: String

    /// Reads all keys; the first start, which finds none, makes one.
    /// - Throws: `FileError`, or ``SettingsError`` when a file holds no ES256 key.
    func load(now: Int64) throws -> SigningKeySet {
        try FileAccess.makeDirectory(path, mode: 0o700)
        var keys = try readKeys()
        if keys.isEmpty { keys = [try createKey(now: now)] }
        guard let set = SigningKeySet(keys) else { throw Self.unusable(path) }
        return set
    }

    private func readKeys() throws -> [SigningKey] {
        try FileAccess.list(path).filter { $0.hasSuffix(".pem") }.map { name in
            let file = "\(path)/\(name)"
            let text = try FileAccess.readTrimmed(file)
            // The reason stays out of the message: it may quote the file.
            guard let key = try? SigningKey(pem: text) else { throw Self.unusable(file) }
            return key
        }
    }

    private func createKey(now: Int64) throws -> SigningKey {
        let key = SigningKey()
        let name = String(RFC3339.string(now).filter { $0 != ":" })
        try FileAccess.write(Array(key.pem.utf8), to: "\(path)/\(name).pem", mode: 0o600)
        return key
    }

    private static func unusable(_ file: String) -> SettingsError {
        SettingsError(key: "SIGNING_KEY_DIR", value: file, allowed: "PEM files with one ES256 private key each")
    }
}
