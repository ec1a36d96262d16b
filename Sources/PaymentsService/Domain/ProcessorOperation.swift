/// Money that comes from a card or goes to a bank: a saga, because the processor is not part of our transaction.
///
/// ```
/// pending transfer ──▶ processor ──▶ succeeded: post the transfer
///   (processing)          │  ▲  └──▶ declined:  void the transfer
///                         └──┘
///                 pending or unknown: ask again with the same key
/// ```
struct ProcessorOperation: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        /// From a card into an account.
        case deposit
        /// From an account to a bank.
        case withdrawal
    }

    enum Status: String, Sendable {
        case processing, succeeded, failed
    }

    /// `dep_…` or `wdr_…`
    let id: String
    let kind: Kind
    /// The user that asked for it.
    let owner: String
    var status: Status
    let account: String
    /// Minor units.
    let amount: Int64
    let currency: String
    /// The card or the bank account, as the request named it.
    let instrument: String
    /// Why the processor refused; only when failed.
    var failure: String?
    /// The pending transfer that reserves the money's way in, or the money that goes out.
    let transfer: String
    /// How often the processor has told something.
    var attempts: Int
    /// The request that asked for it: its answer may be written after a crash.
    let occurrence: Occurrence
    /// Milliseconds since 1970.
    let createdAt: Int64

    /// What the processor is asked to do.
    ///
    /// The key is derived from the operation and the step and is the same on every try, so that no crash or lost answer
    /// can move money twice.
    var order: ProcessorOrder {
        ProcessorOrder(
            key: "\(id):\(kind.step.rawValue)", kind: kind.step, amount: amount, currency: currency,
            instrument: instrument)
    }
}

extension ProcessorOperation.Kind {
    /// What its ids begin with.
    var idPrefix: String {
        switch self {
        case .deposit: "dep"
        case .withdrawal: "wdr"
        }
    }

    /// The step that the processor does.
    var step: ProcessorOrder.Kind {
        switch self {
        case .deposit: .charge
        case .withdrawal: .payout
        }
    }

    /// Where the objects of this kind are, for `Location`.
    var collection: String {
        switch self {
        case .deposit: "/v1/deposits"
        case .withdrawal: "/v1/withdrawals"
        }
    }
}

/// What the ledger has to do about an answer of the processor.
enum ProcessorAction: Sendable, Hashable {
    /// The money has moved: post the pending transfer.
    case post
    /// The processor refused for good: void the pending transfer.
    case void(reason: String)
    /// Not final: ask again after so many milliseconds.
    case askAgain(afterMilliseconds: Int64)
}

extension ProcessorOperation {
    /// Returns the next step, or nil when the operation is final and nothing may touch it any more.
    func action(on outcome: ProcessorOutcome) -> ProcessorAction? {
        guard status == .processing else { return nil }
        switch outcome {
        case .succeeded: return .post
        case .declined(let reason): return .void(reason: reason)
        // A lost answer is no refusal: the money may have moved. Only the processor can tell.
        case .pending, .unknown: return .askAgain(afterMilliseconds: Self.delay(afterAttempts: attempts + 1))
        }
    }

    /// The longest wait for the next attempt, milliseconds.
    static let longestDelay: Int64 = 30_000

    /// Doubles from 250 ms up to 30 s.
    static func delay(afterAttempts attempts: Int) -> Int64 {
        min(longestDelay, 250 << Int64(min(max(attempts - 1, 0), 7)))
    }
}
