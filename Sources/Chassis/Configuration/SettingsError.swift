/// A setting that stops the start. Its description is the one line a person needs: which key, which value, what is
/// allowed.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the setting, as in the environment.
    public let key: String
    /// The value found; `nil` when there is none. Never a secret: of one, the file's path.
    public let value: String?
    /// What would have been accepted, in words.
    public let allowed: String

    /// Describes a refused or missing setting.
    public init(key: String, value: String?, allowed: String) {
        self.key = key
        self.value = value
        self.allowed = allowed
    }

    /// `PORT="80a" is not allowed: a whole number from 0 to 65535` or `USER_SERVICE_URL is not set: …`.
    public var description: String {
        guard let value else { return "\(key) is not set: expected \(allowed)" }
        let shown = value.prefix(200).map { $0.isNewline ? " " : $0 }
        return "\(key)=\"\(String(shown))\" is not allowed: expected \(allowed)"
    }
}
