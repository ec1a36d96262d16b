import Chassis
import Logging

/// Where earlier versions kept the signing keys: a directory of PEM files, unencrypted, whose names sort by age. They are
/// taken into the database once, and the files removed.
struct SigningKeyDirectory: Sendable {
    let path: String
    let logger: Logger

    /// The keys of the files, oldest first; none where there is no directory.
    /// - Throws: `FileError`, or ``SettingsError`` when a file holds no ES256 key.
    func keys() throws -> [SigningKey] { try files().map(\.key) }

    /// Removes the files whose keys are in the database. One that is not, or cannot be removed, is warned of: the start
    /// does not depend on it.
    func remove(_ stored: Set<String>) throws {
        for (file, key) in try files() {
            guard stored.contains(key.id) else {
                logger.warning("A signing key beside the database is not used", metadata: ["file": "\(file)"])
                continue
            }
            do {
                try FileAccess.remove(file)
                logger.info(
                    "Removed a signing key that is encrypted in the database now", metadata: ["file": "\(file)"])
            } catch {
                logger.warning("An unencrypted signing key could not be removed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func files() throws -> [(file: String, key: SigningKey)] {
        guard FileAccess.version(of: path) != nil else { return [] }
        return try FileAccess.list(path).filter { $0.hasSuffix(".pem") }.map { name in
            let file = "\(path)/\(name)"
            let text = try FileAccess.readTrimmed(file)
            // The reason stays out of the message: it may quote the file.
            guard let key = try? SigningKey(pem: text) else {
                throw SettingsError(
                    key: "SIGNING_KEY_DIR", value: file, allowed: "PEM files with one ES256 private key each")
            }
            return (file, key)
        }
    }
}
