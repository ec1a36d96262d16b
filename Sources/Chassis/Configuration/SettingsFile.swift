import Configuration
import JSON

/// The file that `CONFIG_FILE` names: one flat JSON object of texts, numbers and booleans.
///
/// Read by the strict parser: a member that is there twice, or is an object, is an error and not ignored. (The JSON
/// reader of swift-configuration would bring all of Foundation into programs that need none of it.)
struct SettingsFile {
    private static let allowed = "a readable file with one flat JSON object of settings"

    let values: [AbsoluteConfigKey: ConfigValue]

    init(path: String) throws(SettingsError) {
        guard let bytes = try? FileAccess.read(path) else { throw Self.refused(path, Self.allowed) }
        let document: JSONValue
        do { document = try JSONValue(parsing: bytes) } catch {
            throw Self.refused(path, "\(Self.allowed); \(error)")
        }
        guard let members = document.object else { throw Self.refused(path, Self.allowed) }
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for member in members {
            guard let text = Self.text(member.value) else {
                throw Self.refused(path, "\(Self.allowed); \(member.name) is none of text, number and boolean")
            }
            values[AbsoluteConfigKey([member.name])] = ConfigValue(.string(text), isSecret: true)
        }
        self.values = values
    }

    /// The text that the environment would hold; nil for what no setting is.
    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let isTrue): String(isTrue)
        case .null, .array, .object: nil
        }
    }

    private static func refused(_ path: String, _ allowed: String) -> SettingsError {
        SettingsError(key: "CONFIG_FILE", value: path, allowed: allowed)
    }
}
