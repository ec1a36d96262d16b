import Dispatch
import Sockets
import Synchronization

/// Collects lines in one bounded buffer per event loop; one queue writes them out.
///
/// A loop never waits for the disk or the terminal: it appends to its own buffer. The queue wakes when the first line
/// comes, then sweeps all buffers every 20 ms until there is nothing left, so that a busy service makes few large
/// writes. When a buffer is full, access lines are dropped and counted; all other lines wait for the writing.
public final class LogWriter: Sendable {
    /// What happens to a line when the buffer is full.
    enum Policy {
        case drop
        case wait
    }

    struct Shard {
        var lines: [UInt8] = []
        var spare: [UInt8] = []
        var cache = LineCache()
    }

    private final class Box: Sendable {
        let shard = Mutex(Shard())
    }

    private static let interval = DispatchTimeInterval.milliseconds(20)

    private let boxes: [Box]
    private let limit: Int
    private let outputs: [any LogOutput]
    private let queue = DispatchQueue(label: "chassis.log")
    private let isAwake = Atomic<Bool>(false)
    private let dropCount = Atomic<UInt64>(0)

    /// A writer to `outputs` whose buffers hold `limit` bytes each, for up to `shards` loops.
    init(outputs: [any LogOutput], limit: Int = 1 << 20, shards: Int = 16) {
        self.outputs = outputs
        self.limit = limit
        boxes = (0..<max(1, shards)).map { _ in Box() }
    }

    /// Lines that were dropped because a buffer was full.
    public var droppedLines: UInt64 { dropCount.load(ordering: .relaxed) }

    /// Lets `format` append one whole line, with its line feed, to the buffer of this loop.
    func append(_ policy: Policy, _ format: (_ bytes: inout [UInt8], _ cache: inout LineCache) -> Void) {
        let box = boxes[(EventLoop.current?.index ?? 0) % boxes.count]
        let isTaken = box.shard.withLock { shard in
            guard shard.lines.count < limit else { return false }
            format(&shard.lines, &shard.cache)
            return true
        }
        guard isTaken else { return refused(policy, box, format) }
        wake()
    }

    private func refused(
        _ policy: Policy, _ box: Box, _ format: (_ bytes: inout [UInt8], _ cache: inout LineCache) -> Void
    ) {
        guard policy == .wait else {
            dropCount.wrappingAdd(1, ordering: .relaxed)
            return
        }
        flush()
        // Others may have filled it again meanwhile; a line over the limit is better than none.
        box.shard.withLock { format(&$0.lines, &$0.cache) }
        wake()
    }

    /// Whether everything is written and the queue sleeps.
    var isIdle: Bool { !isAwake.load(ordering: .sequentiallyConsistent) }

    /// Writes all lines that were appended before the call, and waits for it.
    public func flush() { queue.sync { _ = sweep() } }

    private func wake() {
        // Reading first keeps the cache line shared: on a busy loop the flag is nearly always set.
        guard !isAwake.load(ordering: .relaxed), !isAwake.exchange(true, ordering: .acquiringAndReleasing) else {
            return
        }
        queue.async { self.run() }
    }

    private func run() {
        if sweep() {
            queue.asyncAfter(deadline: .now() + Self.interval) { self.run() }
            return
        }
        isAwake.store(false, ordering: .sequentiallyConsistent)
        // A line appended between the sweep and the store found the flag set and woke nobody.
        if boxes.contains(where: { box in box.shard.withLock { !$0.lines.isEmpty } }) { wake() }
    }

    /// Writes what is there; on the queue. Tells whether there was anything.
    @discardableResult
    private func sweep() -> Bool {
        var wrote = false
        for box in boxes {
            var taken: [UInt8] = []
            box.shard.withLock { shard in
                guard !shard.lines.isEmpty else { return }
                taken = shard.lines
                shard.lines = shard.spare
                shard.spare = []
            }
            guard !taken.isEmpty else { continue }
            wrote = true
            for output in outputs { output.write(taken) }
            // The two buffers of a loop take turns: after the first lines nothing is allocated.
            taken.removeAll(keepingCapacity: true)
            box.shard.withLock { $0.spare = taken }
        }
        return wrote
    }
}
