/// A user's wish to be erased, as it is kept until it is carried out: a saga, because money is another service's.
///
/// ```
/// wish ──▶ payments-service ──▶ closed:     erase the user, and the wish with it
///             │  ▲         └──▶ money left: drop the wish, nothing has changed; keep that for who was told to wait
///             └──┘
///            unknown: ask again, closing is repeatable
/// ```
struct Erasure: Sendable, Hashable {
    let userID: String
    /// Milliseconds since 1970.
    let requestedAt: Int64
    /// How often payments-service has been asked without an answer.
    var attempts: Int
}

/// What a user sees of his wish.
struct ErasureStatus: Sendable, Equatable {
    /// Milliseconds since 1970.
    let requestedAt: Int64
    /// When it was refused because of money, ms since 1970; nil while it is to be carried out.
    let refusedAt: Int64?
}

/// What to do about an answer of payments-service.
enum ErasureAction: Sendable, Hashable {
    /// The accounts are closed and stay so: erase.
    case erase
    /// Money is left: the wish ends here.
    case drop
    /// Ask again after so many milliseconds.
    case askAgain(afterMilliseconds: Int64)
}

extension Erasure {
    func action(on answer: ClosingAnswer) -> ErasureAction {
        switch answer {
        case .closed: .erase
        case .moneyLeft: .drop
        // A lost answer is no refusal: the accounts may be closed. Only payments-service can tell.
        case .unknown: .askAgain(afterMilliseconds: Self.delay(afterAttempts: attempts + 1))
        }
    }

    /// The longest wait before payments-service is asked again, milliseconds.
    static let longestDelay: Int64 = 60_000

    /// Doubles from 1 s up to a minute.
    static func delay(afterAttempts attempts: Int) -> Int64 {
        min(longestDelay, 1_000 << Int64(min(max(attempts - 1, 0), 6)))
    }
}
