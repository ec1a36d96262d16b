/// A key that a user made for a program, without its secret. Times are milliseconds since 1970.
struct APIKey: Sendable, Equatable {
    /// Requests per window that every gateway replica lets the key send.
    struct RateLimit: Sendable, Equatable {
        let quota: Int64
        let windowSeconds: Int64
    }

    /// The secret before the last rotation, while it is still good.
    struct Previous: Sendable, Equatable {
        let hash: [UInt8]
        let validUntil: Int64
    }

    /// The most keys that a user may have. Expired ones count until they are deleted, so a list is never long.
    static let maximumPerUser = 20
    /// What a key may allow: all that a login does but for making keys, so that a stolen key cannot outlive its own
    /// revocation by making others.
    static let grantableScopes = AccessTokenIssuer.scopes.filter { $0 != "api-keys:write" }
    /// The longest time for which the secret before a rotation may stay good: a day, in seconds.
    static let longestOverlap: Int64 = 86_400

    /// `key_…`
    let id: String
    /// The user as whom the key acts.
    let userID: String
    /// What the user calls it; the rules are those of people's names.
    let name: DisplayName
    /// A part of ``grantableScopes``, in its order.
    let scopes: [String]
    /// The beginning of the secret, by which people recognise it.
    let prefix: String
    /// The SHA-256 of the secret.
    let hash: [UInt8]
    let previous: Previous?
    let rateLimit: RateLimit?
    let createdAt: Int64
    /// When the key ends; nil for never.
    let expiresAt: Int64?
    /// When a gateway last saw it, up to a report's interval late; nil for never.
    let lastUsedAt: Int64?

    /// Whether the key may still be used.
    func isLive(now: Int64) -> Bool { expiresAt.map { now < $0 } ?? true }
}
