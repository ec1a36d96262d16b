import Chassis
import Dispatch
import HTTP
import Sockets
import Spans
import Synchronization

/// Makes and checks password hashes on threads of its own, as many at once as memory and time allow.
///
/// A login that would wait too long is turned away at once (``PasswordHasherBusy``), so that a burst of logins can
/// neither take the process's memory nor its threads from the other requests.
final class PasswordHasher: Sendable {
    /// What checking a password found.
    enum Verdict: Sendable {
        /// It is right; `replacement` is a new hash of the current cost when the stored one is cheaper.
        case right(replacement: ScryptHash?)
        case wrong
    }

    private let cost: ScryptCost
    private let pool: BlockingPool
    private let admission: Mutex<HashAdmission>
    private let longestWait: UInt64
    private let decoy: ScryptHash
    private let now: @Sendable () -> UInt64

    /// - Parameters:
    ///   - width: Hashes at once; each holds `cost.memory` bytes.
    ///   - longestWait: How long a hash may wait to begin.
    ///   - now: A monotonic clock, nanoseconds.
    init(
        cost: ScryptCost = .standard, width: Int, longestWait: Duration,
        now: @escaping @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
    ) {
        let limit = UInt64(max(0, longestWait / .nanoseconds(1)))
        self.cost = cost
        self.longestWait = limit
        self.now = now
        // Admission bounds what waits; the pool's own bound is never met.
        pool = BlockingPool(name: "passwords", width: width, queueLimit: .max)
        admission = Mutex(HashAdmission(width: width, longestWait: limit, expectedCost: 150_000_000))
        decoy = ScryptHash(unmatchable: cost)
    }

    /// Hashes accepted and not finished yet.
    var pending: Int { admission.withLock(\.pending) }

    /// Hashes turned away so far.
    var shed: Int { admission.withLock(\.shed) }

    /// Hashes a chosen password, unless its turn comes when nobody waits for it any longer.
    /// - Throws: ``PasswordHasherBusy``; `Problem` 504 when the deadline has passed.
    func hash(_ password: Password, until deadline: Deadline = .none) async throws -> ScryptHash {
        let cost = cost
        return try await compute(until: deadline) { try ScryptHash(of: password, cost: cost) }
    }

    /// Checks a given password; nil stands for an account that does not exist. The answer to a wrong password takes the
    /// same time in every case: there is always a hash to compute, and a cheaper one is made up for.
    /// - Throws: ``PasswordHasherBusy``; `Problem` 504 when the deadline has passed before its turn came.
    func verify(
        _ password: Password, against stored: ScryptHash?, until deadline: Deadline = .none
    ) async throws -> Verdict {
        let hash = stored ?? decoy
        let cost = cost
        return try await compute(until: deadline) {
            guard try hash.matches(password) else {
                if let rest = hash.cost.complement(to: cost) { _ = try ScryptHash(of: password, cost: rest) }
                return .wrong
            }
            return .right(replacement: hash.cost.isBelow(cost) ? try ScryptHash(of: password, cost: cost) : nil)
        }
    }

    private func compute<T: Sendable>(
        until deadline: Deadline, _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await ActiveSpan.with(.passwordHash) { _ in try await computeNow(until: deadline, work) }
    }

    private func computeNow<T: Sendable>(
        until deadline: Deadline, _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let accepted = now()
        if case .shed(let retryAfter) = admission.withLock({ $0.admit() }) {
            throw PasswordHasherBusy(retryAfterNanoseconds: retryAfter)
        }
        return try await pool.run { [self] in
            let begun = now()
            if deadline.hasPassed {
                admission.withLock { $0.finished(cost: nil) }
                throw Problem.deadlineExceeded
            }
            // The mean was too hopeful, by more than a second: the client may have gone, and others wait.
            guard begun - accepted <= longestWait + 1_000_000_000 else {
                admission.withLock { $0.finished(cost: nil) }
                throw PasswordHasherBusy(retryAfterNanoseconds: longestWait)
            }
            defer { admission.withLock { $0.finished(cost: now() - begun) } }
            return try work()
        }
    }
}

/// There are more passwords to hash than there is time for. Nothing was done.
struct PasswordHasherBusy: Error, Equatable {
    let retryAfterNanoseconds: UInt64

    /// Whole seconds, at least one, for `Retry-After`.
    var retryAfterSeconds: UInt64 { max(1, (retryAfterNanoseconds + 999_999_999) / 1_000_000_000) }
}
