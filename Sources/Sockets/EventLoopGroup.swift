import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The loops of a process: one per core unless told otherwise.
public final class EventLoopGroup: Sendable {
    /// All of them, in order.
    public let loops: [EventLoop]
    /// What they wait with.
    public let readiness: Readiness

    private let cursor = Atomic<Int>(0)

    /// Starts `count` loops (default: one per core that the process may use). Throws when descriptors run out.
    public init(count: Int? = nil, readiness: Readiness = .preferred) throws(SocketError) {
        let count = max(1, count ?? ProcessInfo.processInfo.activeProcessorCount)
        var loops: [EventLoop] = []
        for index in 0..<count { loops.append(try EventLoop(index: index, readiness: readiness)) }
        self.loops = loops
        self.readiness = readiness
        for loop in loops { loop.start() }
    }

    /// The loops in turn. Where one is already running, prefer `EventLoop.current`.
    public func next() -> EventLoop {
        let turn = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    }

    /// The running loop if it is of this group, else the next one in turn.
    public func currentOrNext() -> EventLoop {
        if let current = EventLoop.current, current.index < loops.count, loops[current.index] === current {
            return current
        }
        return next()
    }

    /// Closes every socket, wakes whoever waits on one, and ends the threads. Not to be called from a loop's Task.
    public func shutdown() async {
        for loop in loops { loop.stop() }
        for loop in loops {
            // Polled, because the one thread that could tell is the one that ends.
            while !loop.hasStopped { try? await Task.sleep(for: .milliseconds(1)) }
        }
    }
}
