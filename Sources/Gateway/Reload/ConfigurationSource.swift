import Chassis
import Crypto

/// Where the configuration comes from: a file, or the text that is compiled in.
struct ConfigurationSource: Sendable {
    /// A configuration with the text that it was read from.
    struct Loaded: Sendable {
        var configuration: GatewayConfiguration
        /// The file's name, for messages.
        var file = "gateway.yaml"
        /// The first 12 hexadecimal digits of the text's SHA-256: tells which file a replica serves.
        var digest = ""
        /// The text, references to the environment not resolved.
        var text = ""
    }

    /// The largest file in bytes.
    static let maximumLength = 4 << 20

    /// `nil` for the built-in one.
    let path: String?
    let environment: [String: String]

    /// The name for messages.
    var name: String { path ?? "(built-in) gateway.yaml" }

    /// Identifies the file's content as far as the file system can tell: a ConfigMap's symbolic link that was swapped
    /// leads to another inode.
    var version: FileVersion? { path.flatMap { FileAccess.version(of: $0) } }

    /// Reads and checks it.
    ///
    /// - Throws: `SettingsError` when it cannot be read, ``ConfigurationErrors`` with everything that is wrong.
    func load() throws -> Loaded {
        let text = try text()
        let configuration = try GatewayConfiguration(parsing: text, file: name, environment: environment)
        let digest = SHA256.hash(data: Array(text.utf8)).prefix(6)
        return Loaded(
            configuration: configuration, file: name, digest: Base16.encode(digest),
            text: text)
    }

    private func text() throws -> String {
        guard let path else { return DefaultConfiguration.text }
        guard let bytes = try? FileAccess.read(path, limit: Self.maximumLength),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw SettingsError(key: "GATEWAY_CONFIG", value: path, allowed: "a readable YAML file in UTF-8") }
        return text
    }
}
