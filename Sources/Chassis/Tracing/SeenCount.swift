import Synchronization

/// Turns a count that only grows into what it has grown by since the last look.
final class SeenCount: Sendable {
    private let last = Mutex<UInt64>(0)

    /// How much more it is than at the last call.
    func growth(to count: UInt64) -> UInt64 {
        last.withLock { last in
            defer { last = max(last, count) }
            return count > last ? count - last : 0
        }
    }
}
