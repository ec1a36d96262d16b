import Synchronization

/// The time of day as the fault lab has it: off by what ``FaultKind/clockSkew`` says, else right.
final class FaultClock: WallClock {
    private let base: any WallClock
    private let offset = Atomic<Int64>(0)

    init(_ base: any WallClock) { self.base = base }

    /// Milliseconds since 1970, and what it is off by.
    var now: Int64 { base.now + offset.load(ordering: .relaxed) }

    /// Sets what it is off by, in milliseconds.
    func set(offset milliseconds: Int64) { offset.store(milliseconds, ordering: .relaxed) }
}
