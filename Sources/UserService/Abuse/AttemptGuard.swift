import Chassis
import Sockets
import Synchronization

/// Slows down guessing at passwords: by account and address, by account, and by address. See docs/identity/abuse.md.
///
/// Accounts are counted by what was given as their name, whether there is such an account or not, so that a refusal tells
/// nothing. What it remembers is bounded and is lost with the process.
final class AttemptGuard: Sendable {
    /// What `RATE_LIMITS` chooses.
    enum Mode: String, Sendable, CaseIterable {
        case on
        /// Count, but refuse nobody.
        case observe
        case off
    }

    /// Which of the limits refuses.
    enum Limit: String, Sendable, CaseIterable {
        /// One account from one address.
        case account
        /// One account from all addresses that are not known to be its owner's.
        case strangers
        /// All accounts from one address.
        case address
    }

    /// An attempt that may be made. Exactly one of the methods of the guard that take it is to be called.
    struct Attempt: Sendable {
        fileprivate let account: UInt64
        fileprivate let address: UInt64
        fileprivate let isKnown: Bool
    }

    /// An attempt that comes too early.
    struct Refusal: Error, Sendable, Equatable {
        let limit: Limit
        /// Nanoseconds.
        let wait: UInt64
    }

    fileprivate struct Tables: Sendable {
        var accounts: FailureTable
        var strangers: FailureTable
        var addresses: ArrivalTable
        var refused: [Limit: UInt64] = [:]
    }

    private let mode: Mode
    private let perAddress: GCRA
    private let tables: Mutex<Tables>
    private let now: @Sendable () -> UInt64

    /// - Parameters:
    ///   - failuresPerAddress: In ten minutes, for all accounts together.
    ///   - entries: Keys that each of the three tables remembers.
    ///   - now: A monotonic clock, nanoseconds.
    init(
        mode: Mode = .on, failuresPerAddress: Int = 100, entries: Int = 16_384,
        now: @escaping @Sendable () -> UInt64 = { CoarseClock.nanoseconds() }
    ) {
        self.mode = mode
        self.now = now
        perAddress = GCRA(quota: failuresPerAddress, windowMilliseconds: 600_000)
        tables = Mutex(
            Tables(
                accounts: FailureTable(policy: .account, entries: entries),
                strangers: FailureTable(policy: .strangers, entries: entries),
                addresses: ArrivalTable(entries: entries)))
    }

    /// Begins an attempt at an account.
    /// - Parameters:
    ///   - account: Its name, as it was given.
    ///   - client: Where the attempt comes from; an IPv6 address counts by its /64.
    ///   - isKnown: Whether the account's owner has logged in from there lately. Guesses from elsewhere never slow such
    ///     a one down.
    func begin(account: String, client: SocketAddress, isKnown: Bool) throws(Refusal) -> Attempt {
        let address = Self.key(client.subscriberNetwork.hashValue, 1)
        let attempt = Attempt(account: Self.key(account.hashValue, 2), address: address, isKnown: isKnown)
        guard mode != .off else { return attempt }
        let now = now()
        let refusal = tables.withLock { tables in
            let refusal = tables.begin(attempt, perAddress, now: now)
            if let refusal { tables.refused[refusal.limit, default: 0] += 1 }
            return refusal
        }
        if let refusal, mode == .on { throw refusal }
        return attempt
    }

    /// The password was right: its failures from this address are forgotten, and nothing counts elsewhere.
    func succeeded(_ attempt: Attempt) {
        guard mode != .off else { return }
        tables.withLock { tables in
            tables.accounts.forget(attempt.pair)
            tables.takeBackElsewhere(attempt, perAddress)
        }
    }

    /// The password was not looked at after all.
    func withdraw(_ attempt: Attempt) {
        guard mode != .off else { return }
        tables.withLock { tables in
            tables.accounts.takeBack(attempt.pair)
            tables.takeBackElsewhere(attempt, perAddress)
        }
    }

    /// How many attempts each limit has refused (or, when only observing, would have).
    func refused(_ limit: Limit) -> UInt64 { tables.withLock { $0.refused[limit] ?? 0 } }

    fileprivate static func key(_ hash: Int, _ kind: UInt64) -> UInt64 {
        let mixed = (UInt64(bitPattern: Int64(hash)) ^ kind) &* 0x9E37_79B9_7F4A_7C15
        return max(1, mixed ^ (mixed >> 32))
    }
}

extension AttemptGuard.Attempt {
    /// The account from this address.
    fileprivate var pair: UInt64 { AttemptGuard.key(Int(truncatingIfNeeded: account &* 31 &+ address), 3) }
}

extension AttemptGuard.Tables {
    /// All limits that apply let the attempt begin and count it, or none counts it.
    fileprivate mutating func begin(
        _ attempt: AttemptGuard.Attempt, _ perAddress: GCRA, now: UInt64
    ) -> AttemptGuard.Refusal? {
        if let wait = accounts.begin(attempt.pair, now: now) { return .init(limit: .account, wait: wait) }
        if attempt.isKnown { return nil }
        if let wait = strangers.begin(attempt.account, now: now) {
            accounts.takeBack(attempt.pair)
            return .init(limit: .strangers, wait: wait)
        }
        let decision = addresses.take(attempt.address, perAddress, cost: 1, now: now)
        guard !decision.isAllowed else { return nil }
        accounts.takeBack(attempt.pair)
        strangers.takeBack(attempt.account)
        return .init(limit: .address, wait: decision.reset)
    }

    fileprivate mutating func takeBackElsewhere(_ attempt: AttemptGuard.Attempt, _ perAddress: GCRA) {
        guard !attempt.isKnown else { return }
        strangers.takeBack(attempt.account)
        addresses.refund(attempt.address, perAddress, cost: 1)
    }
}
