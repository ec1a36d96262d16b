import Chassis
import Crypto

/// A token that proves that somebody reads mail at an address: 256 bits behind a prefix that secret scanners can look for.
///
/// It is derived from a random salt with the ``CredentialKey``. The database holds the token's SHA-256 and, while the mail
/// waits to be sent, the salt: neither gives the token without the key.
struct OneTimeToken: Sendable, Equatable {
    /// What it is for; a token of one purpose is none of another.
    enum Purpose: String, Sendable, CaseIterable {
        case verifyEmail = "verify_email"
        case resetPassword = "reset_password"

        /// For how long it is good, in milliseconds: a day to verify, half an hour to choose a password.
        var life: Int64 {
            switch self {
            case .verifyEmail: 86_400_000
            case .resetPassword: 1_800_000
            }
        }

        fileprivate var prefix: String {
            switch self {
            case .verifyEmail: "tgv_"
            case .resetPassword: "tgp_"
            }
        }
    }

    let purpose: Purpose
    private let secret: [UInt8]

    /// The token of a salt.
    init(_ purpose: Purpose, salt: [UInt8], key: CredentialKey) {
        self.purpose = purpose
        secret = key.code(for: purpose.rawValue, salt)
    }

    /// Reads what a client sent.
    /// - Returns: nil when it cannot be a token for this purpose.
    init?(_ text: String, for purpose: Purpose) {
        guard text.hasPrefix(purpose.prefix),
            let secret = Base64URL.decode(text.dropFirst(purpose.prefix.count).utf8), secret.count == 32
        else { return nil }
        self.purpose = purpose
        self.secret = secret
    }

    /// What the mail says. Not for logs.
    var exposed: String { purpose.prefix + Base64URL.encode(secret) }

    /// The SHA-256 under which the store knows it.
    var hash: [UInt8] { Array(SHA256.hash(data: secret)) }
}

extension OneTimeToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[one-time token]`.
    var description: String { "[one-time token]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
