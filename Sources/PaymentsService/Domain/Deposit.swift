/// Money from a card into an account: a saga, because the card processor is not part of our transaction.
///
/// ```
/// pending transfer ──▶ processor ──▶ succeeded: post the transfer
///   (processing)          │  ▲  └──▶ declined:  void the transfer
///                         └──┘
///                 pending or unknown: ask again with the same key
/// ```
struct Deposit: Sendable, Hashable {
    enum Status: String, Sendable {
        case processing, succeeded, failed
    }

    /// `dep_…`
    let id: String
    /// The user that asked for it.
    let owner: String
    var status: Status
    let account: String
    /// Minor units.
    let amount: Int64
    let currency: String
    /// The card, as the request named it.
    let source: String
    /// Why the processor refused; only when failed.
    var failure: String?
    /// The pending transfer that reserves the money's way in.
    let transfer: String
    /// How often the processor has been asked.
    var attempts: Int
    /// The request that asked for it: its answer may be written after a crash.
    let occurrence: Occurrence
    /// Milliseconds since 1970.
    let createdAt: Int64

    /// The key under which the processor knows this charge. It is derived from the operation and the step and is
    /// the same on every try, so that no crash or lost answer can charge twice.
    var processorKey: String { "\(id):charge" }
}

/// What the ledger has to do about an answer of the processor.
enum DepositAction: Sendable, Hashable {
    /// The money is there: post the pending transfer.
    case post
    /// The processor refused for good: void the pending transfer.
    case void(reason: String)
    /// Not final: ask again after so many milliseconds.
    case askAgain(afterMilliseconds: Int64)
}

extension Deposit {
    /// Returns the next step, or nil when the deposit is final and nothing may touch it any more.
    func action(on outcome: ChargeOutcome) -> DepositAction? {
        guard status == .processing else { return nil }
        switch outcome {
        case .succeeded: return .post
        case .declined(let reason): return .void(reason: reason)
        // A lost answer is no refusal: the card may have been charged. Only the processor can tell.
        case .pending, .unknown: return .askAgain(afterMilliseconds: Self.delay(afterAttempts: attempts + 1))
        }
    }

    /// Doubles from 250 ms up to 30 s.
    static func delay(afterAttempts attempts: Int) -> Int64 {
        min(30_000, 250 << Int64(min(max(attempts - 1, 0), 7)))
    }
}
