/// A person with an account, without the secret part (see ``Credential``).
struct User: Sendable, Equatable {
    /// `usr_…`
    let id: String
    let email: EmailAddress
    let name: DisplayName
    /// 1 at creation, one more with each change; the ETag is made from it.
    let version: Int64
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// When its owner proved to read mail at the address, ms since 1970; nil before.
    let emailVerifiedAt: Int64?

    /// Whether the address is known to be the user's.
    var isEmailVerified: Bool { emailVerifiedAt != nil }
}

/// What a login is checked against.
struct Credential: Sendable {
    let userID: String
    let hash: ScryptHash
    let isEmailVerified: Bool
    /// One more with each change of what the user logs in with; a hash that was only made costlier is no change.
    let version: Int64
}
