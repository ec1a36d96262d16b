import Chassis

/// The secrets that the processor signs its callbacks with: one, or two while it is changed.
///
/// They are the words of one text, the one to sign with first. To change it, put the new one before the old one, tell
/// the processor, and take the old one away.
struct CallbackSecrets: Sendable {
    static let setting = "PROCESSOR_CALLBACK_SECRET"
    /// Shorter ones can be guessed.
    static let minimumLength = 32

    private let source: SecretSource?

    /// With nil, nothing that comes is believed.
    init(_ source: SecretSource?) { self.source = source }

    /// - Throws: `SettingsError` when what is set is not one or two secrets.
    init(_ settings: Settings) throws(SettingsError) {
        self.init(try settings.secret(Self.setting))
        guard source == nil || !current.isEmpty else {
            throw SettingsError(
                key: Self.setting, value: nil,
                allowed:
                    "one or two secrets of at least \(Self.minimumLength) characters each, with white space between")
        }
    }

    /// The secrets as they are now; none when the text has become something else.
    var current: [Secret] {
        let words = source?.current.exposed.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count <= 2, words.allSatisfy({ $0.utf8.count >= Self.minimumLength }) else { return [] }
        return words.map { Secret(String($0)) }
    }
}
