import Synchronization

/// What ``FaultKind/memoryGrowth`` holds: blocks of a mebibyte, each written to, so that the system has to give them.
/// Freed, they go back to the system at once (see `Allocator.keepSmall`).
final class FaultMemory: Sendable {
    private let blocks = Mutex<[[UInt8]]>([])

    /// How many MiB are held.
    var mebibytes: Int { blocks.withLock { $0.count } }

    /// Takes `rate` MiB each second up to `ceiling`, and gives all back as soon as the fault is over.
    func hold(rate: Int, ceiling: Int, while isActive: @Sendable () -> Bool) async {
        let began = ContinuousClock.now
        while isActive() {
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            grow(to: min(ceiling, Int(seconds * Double(rate))))
            try? await Task.sleep(for: .milliseconds(50))
        }
        blocks.withLock { $0 = [] }
    }

    private func grow(to count: Int) {
        blocks.withLock { blocks in
            while blocks.count < count { blocks.append([UInt8](repeating: 0xFA, count: 1 << 20)) }
        }
    }
}
