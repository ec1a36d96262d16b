import Chassis
import Crypto

/// A code on paper that stands in for a lost authenticator, once: 120 random bits in four groups of six characters. So many
/// bits cannot be guessed or searched for, and a plain hash keeps them (OWASP ASVS 5.0, 6.5.2).
struct RecoveryCode: Sendable, Equatable {
    /// How many there are in a set.
    static let count = 10
    private static let bytes = 15
    private static let group = 6
    private let secret: [UInt8]

    /// A fresh random code.
    static func random() -> RecoveryCode {
        var generator = SystemRandomNumberGenerator()
        return RecoveryCode(secret: .random(bytes, using: &generator))
    }

    private init(secret: [UInt8]) { self.secret = secret }

    /// Reads what somebody typed: in any case, with or without the hyphens.
    /// - Returns: nil when it cannot be a code.
    init?(_ text: String) {
        let characters = text.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
        guard let secret = CrockfordBase32.decode(characters), secret.count == Self.bytes else { return nil }
        self.secret = secret
    }

    /// What its owner writes down. Not for logs.
    var exposed: String {
        let characters = CrockfordBase32.encode(secret)
        return stride(from: 0, to: characters.count, by: Self.group).map {
            String(decoding: characters[$0..<($0 + Self.group)], as: UTF8.self)
        }.joined(separator: "-")
    }

    /// The SHA-256 under which the store knows it.
    var hash: [UInt8] { Array(SHA256.hash(data: secret)) }
}

extension RecoveryCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[recovery code]`.
    var description: String { "[recovery code]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
