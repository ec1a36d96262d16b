import Chassis
import Sockets
import Synchronization

/// How often one address may ask for what costs something: sign-ups, mails, checks of passwords. GCRA in bounded memory.
final class RequestLimits: Sendable {
    /// What is limited, each by itself.
    enum Subject: String, Sendable, CaseIterable {
        /// Sign-ups by address.
        case signUp = "sign_up"
        /// Requests that send a mail, by address.
        case mail
        /// Uses of one-time tokens, by address.
        case token
        /// Checks of a password's strength, by address.
        case check
        /// Mails to one recipient. What is above this is not sent, and nobody is told.
        case recipient
    }

    private struct State: Sendable {
        var table: ArrivalTable
        var refused: [Subject: UInt64] = [:]
    }

    private let mode: AttemptGuard.Mode
    private let limits: [Subject: GCRA]
    private let state: Mutex<State>
    private let now: @Sendable () -> UInt64

    /// - Parameters:
    ///   - signUps: A minute, by address.
    ///   - mails: Requests an hour, by address.
    ///   - entries: Buckets that are remembered, all subjects together.
    ///   - now: A monotonic clock, nanoseconds.
    init(
        mode: AttemptGuard.Mode = .on, signUps: Int = 20, mails: Int = 30, entries: Int = 16_384,
        now: @escaping @Sendable () -> UInt64 = { CoarseClock.nanoseconds() }
    ) {
        self.mode = mode
        self.now = now
        limits = [
            .signUp: GCRA(quota: signUps, windowMilliseconds: 60_000),
            .mail: GCRA(quota: mails, windowMilliseconds: 3_600_000),
            .token: GCRA(quota: 30, windowMilliseconds: 60_000),
            .check: GCRA(quota: 60, windowMilliseconds: 60_000),
            // Three at once, then one every ten minutes.
            .recipient: GCRA(quota: 6, windowMilliseconds: 3_600_000, burst: 3),
        ]
        state = Mutex(State(table: ArrivalTable(entries: entries)))
    }

    /// Counts a request of a client.
    /// - Returns: For how many nanoseconds it is too early; nil when it may go on.
    func wait(_ subject: Subject, _ client: SocketAddress) -> UInt64? {
        wait(subject, hash: client.subscriberNetwork.hashValue)
    }

    /// Counts a mail to a recipient.
    /// - Returns: Whether it may be sent.
    func allowsMail(to recipient: EmailAddress) -> Bool { wait(.recipient, hash: recipient.exposed.hashValue) == nil }

    /// How many each limit has refused (or, when only observing, would have).
    func refused(_ subject: Subject) -> UInt64 { state.withLock { $0.refused[subject] ?? 0 } }

    private func wait(_ subject: Subject, hash: Int) -> UInt64? {
        guard mode != .off, let limit = limits[subject] else { return nil }
        let now = now()
        var hasher = Hasher()
        hasher.combine(subject)
        hasher.combine(hash)
        let key = max(1, UInt64(bitPattern: Int64(hasher.finalize())))
        return state.withLock { state in
            let decision = state.table.take(key, limit, cost: 1, now: now)
            guard !decision.isAllowed else { return nil }
            state.refused[subject, default: 0] += 1
            return mode == .on ? decision.reset : nil
        }
    }
}
