import Sockets
import Synchronization

/// A pulse on every event loop: a loop whose pulse stops is stuck, and how late a pulse comes is the loop's lag.
final class LoopMonitor: Sendable {
    private final class Pulse: Sendable {
        let last: Atomic<UInt64>
        let lag: HistogramMetric

        init(lag: HistogramMetric) {
            last = Atomic(CoarseClock.milliseconds())
            self.lag = lag
        }
    }

    private static let interval: UInt64 = 500
    /// A loop that has not turned for this long (ms) is stuck.
    static let bound: UInt64 = 5_000

    private let pulses: [Pulse]
    private let isStopped = Atomic<Bool>(false)

    /// Starts the pulses of all loops of `group`.
    init(_ group: EventLoopGroup, metrics: MetricsRegistry) {
        pulses = group.loops.map { loop in
            Pulse(
                lag: metrics.histogram(
                    ChassisMetricSet.declared.eventLoopLag, labels: ["loop": String(loop.index)]))
        }
        for (loop, pulse) in zip(group.loops, pulses) { loop.execute { self.beat(loop, pulse) } }
    }

    /// The indices of loops that have not turned within the bound at `now` (coarse monotonic ms).
    func stuckLoops(now: UInt64 = CoarseClock.milliseconds()) -> [Int] {
        pulses.indices.filter { index in
            now > pulses[index].last.load(ordering: .relaxed) + Self.bound
        }
    }

    /// Ends the pulses.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func beat(_ loop: EventLoop, _ pulse: Pulse) {
        guard !isStopped.load(ordering: .relaxed) else { return }
        let due = loop.now &+ Self.interval
        loop.schedule(at: due) {
            let now = loop.now
            pulse.last.store(now, ordering: .relaxed)
            pulse.lag.observe(units: (now > due ? now - due : 0) * 1_000_000)
            self.beat(loop, pulse)
        }
    }
}
