import Chassis
import Crypto

/// An opaque refresh token: 256 random bits behind a prefix that secret scanners can look for.
///
/// Only its SHA-256 is stored. That is enough for a secret of full entropy; a slow hash protects guessable ones.
struct RefreshToken: Sendable, Equatable {
    private static let prefix = "tgr_"
    private let secret: [UInt8]

    /// A fresh random token.
    static func random() -> RefreshToken {
        var generator = SystemRandomNumberGenerator()
        return RefreshToken(secret: .random(32, using: &generator))
    }

    /// Reads what a client sent.
    /// - Returns: nil when it cannot be a token of ours.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let secret = Base64URL.decode(text.dropFirst(Self.prefix.count).utf8),
            secret.count == 32
        else { return nil }
        self.secret = secret
    }

    private init(secret: [UInt8]) { self.secret = secret }

    /// What the client receives. Not for logs.
    var exposed: String { Self.prefix + Base64URL.encode(secret) }

    /// The SHA-256 under which the store knows it.
    var hash: [UInt8] { Array(SHA256.hash(data: secret)) }

    /// The token that replaces this one: HMAC-SHA256 of `salt` under this token.
    ///
    /// Derived, so that the parent can be answered with the same successor again although no token is stored. The random
    /// salt is known to the database alone: neither an old token without the database nor the database without the token
    /// gives a new one, and the salt is forgotten once the successor was used.
    func successor(salt: [UInt8]) -> RefreshToken {
        let code = HMAC<SHA256>.authenticationCode(for: salt, using: SymmetricKey(data: secret))
        return RefreshToken(secret: Array(code))
    }
}

extension RefreshToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[refresh token]`.
    var description: String { "[refresh token]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension [UInt8] {
    /// `count` random bytes.
    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in .random(in: .min ... .max, using: &generator) }
    }
}
