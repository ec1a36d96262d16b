/// Why a request is refused although its identity is genuine: user-service has said so since.
struct Revocation: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        case session
        case apiKey = "api_key"
        case lockedUser = "locked_user"
        case erasedUser = "erased_user"
    }

    let kind: Kind
    /// The id of the session, the key or the user.
    let id: String
    /// When it may be forgotten, milliseconds since 1970; `nil` for when it is taken back.
    let until: Int64?
}

extension Revocation.Kind {
    /// How long it is remembered, in milliseconds; `nil` for until it is taken back.
    ///
    /// A session's last access token is good for ten minutes, and five are the largest difference between clocks that a
    /// gateway may allow. A key or a user that is gone may be asked for by a gateway that has lost the feed; 30 days are
    /// as long as the feed itself goes back.
    var memory: Int64? {
        switch self {
        case .session: 960_000
        case .apiKey, .erasedUser: 30 * 86_400_000
        case .lockedUser: nil
        }
    }
}

/// What an event changes about what is refused.
enum RevocationChange: Sendable, Hashable {
    case add(Revocation)
    /// The user is not locked any more.
    case unlock(String)

    var unlocks: Bool {
        switch self {
        case .unlock: true
        case .add: false
        }
    }
}
