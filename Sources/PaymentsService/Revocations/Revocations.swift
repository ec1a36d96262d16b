import Chassis
import Synchronization

/// What user-service has ended, in memory: a request is checked without a call and without a read.
final class Revocations: Sendable {
    private let list: Mutex<RevocationList>
    /// When the feed was last heard of, in monotonic milliseconds.
    private let contact: Atomic<UInt64>
    private let monotonic: @Sendable () -> UInt64
    private let unlocked = Mutex<@Sendable () -> Void>({})

    /// The age from which on it is said that the feed is not followed, in milliseconds.
    static let staleAfter: UInt64 = 5_000

    /// - Parameter monotonic: Milliseconds of a clock that never goes back.
    init(_ list: RevocationList = RevocationList(), monotonic: @escaping @Sendable () -> UInt64) {
        self.list = Mutex(list)
        self.monotonic = monotonic
        contact = Atomic(monotonic())
    }

    /// Why a request of this caller is refused; `nil` when it is not.
    func refusal(of caller: CallerIdentity) -> Revocation.Kind? { list.withLock { $0.refusal(of: caller) } }

    /// Changes what is refused, after that is durable.
    func update(_ body: (inout RevocationList) -> Void) { list.withLock { body(&$0) } }

    /// Has `body` called whenever users were unlocked, after that is durable.
    func onUnlock(_ body: @escaping @Sendable () -> Void) { unlocked.withLock { $0 = body } }

    /// Users were unlocked.
    func haveUnlocked() { unlocked.withLock { $0 }() }

    func count(of kind: Revocation.Kind) -> Int { list.withLock { $0.count(of: kind) } }

    /// The feed was heard of.
    func heard() { contact.store(monotonic(), ordering: .relaxed) }

    /// Milliseconds since the feed was last heard of, or since the start.
    var age: UInt64 {
        let (now, last) = (monotonic(), contact.load(ordering: .relaxed))
        return now > last ? now - last : 0
    }

    /// Whether it is kept up; never a reason to be taken out of service, since the gateways check as well.
    var health: HealthStatus {
        let age = age
        return age <= Self.staleAfter ? .healthy : .degraded("not heard of for \(age / 1_000) s")
    }
}
