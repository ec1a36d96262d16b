import Chassis
import Crypto

/// What the client of a login with the right password brings back with the second factor: 256 random bits, good for that
/// alone, for five minutes and five tries. Only its SHA-256 is stored.
struct LoginChallenge: Sendable, Equatable {
    /// How long it is good, milliseconds.
    static let life: Int64 = 300_000
    /// How often it may be answered.
    static let tries: Int64 = 5
    private static let prefix = "tgc_"
    private let secret: [UInt8]

    /// A fresh random challenge.
    static func random() -> LoginChallenge {
        var generator = SystemRandomNumberGenerator()
        return LoginChallenge(secret: .random(32, using: &generator))
    }

    private init(secret: [UInt8]) { self.secret = secret }

    /// Reads what a client sent.
    /// - Returns: nil when it cannot be one of ours.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let secret = Base64URL.decode(text.dropFirst(Self.prefix.count).utf8),
            secret.count == 32
        else { return nil }
        self.secret = secret
    }

    /// What the client receives. Not for logs.
    var exposed: String { Self.prefix + Base64URL.encode(secret) }

    var hash: [UInt8] { Array(SHA256.hash(data: secret)) }
}

extension LoginChallenge: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[login challenge]`.
    var description: String { "[login challenge]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
