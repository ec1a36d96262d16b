import DequeModule

/// A bounded queue from many tasks to few threads.
///
/// `@unchecked Sendable`: the state is touched under the monitor only.
final class WorkQueue<Element>: @unchecked Sendable {
    private let monitor = Monitor()
    private let limit: Int
    private var elements = Deque<Element>()
    private var waiting = 0
    private var isClosed = false
    private var refused = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Appends an element, or says why not.
    func push(_ element: Element) throws(DatabaseError) {
        let failure: DatabaseError? = monitor.withLock {
            if isClosed { return .closed }
            if elements.count >= limit {
                refused += 1
                return .overloaded
            }
            elements.append(element)
            // A consumer that is busy looks again by itself: no system call then.
            if waiting > 0 { monitor.signal() }
            return nil
        }
        if let failure { throw failure }
    }

    /// Counts an element as one that found the queue full.
    func refuse() -> DatabaseError {
        monitor.withLock { refused += 1 }
        return .overloaded
    }

    /// Waits for at least one element and appends up to `count` to `batch`; false when closed and empty.
    func take(upTo count: Int, into batch: inout [Element]) -> Bool {
        monitor.withLock {
            while elements.isEmpty {
                if isClosed { return false }
                waiting += 1
                monitor.wait()
                waiting -= 1
            }
            move(upTo: count, into: &batch)
            return true
        }
    }

    /// Appends up to `count` of those that are there, without waiting.
    func takeWaiting(upTo count: Int, into batch: inout [Element]) {
        monitor.withLock { move(upTo: count, into: &batch) }
    }

    private func move(upTo count: Int, into batch: inout [Element]) {
        let count = min(count, elements.count)
        batch.append(contentsOf: elements.prefix(count))
        elements.removeFirst(count)
    }

    /// Refuses new elements; those inside are still taken.
    func close() {
        monitor.withLock {
            isClosed = true
            monitor.signalAll()
        }
    }

    /// How many wait, and how many were refused because of the limit.
    var state: (depth: Int, refused: Int) {
        monitor.withLock { (elements.count, refused) }
    }
}
