/// Names one scheduled callback, to cancel it by.
public struct TimerToken: Hashable, Sendable {
    let number: UInt64
}

/// A loop's timers: a binary heap by due time, first scheduled first among equals. No clock inside.
struct TimerQueue {
    typealias Action = @Sendable () -> Void
    private struct Entry {
        let due: UInt64
        let number: UInt64
        func precedes(_ other: Entry) -> Bool { (due, number) < (other.due, other.number) }
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: Action] = [:]
    private var lastNumber: UInt64 = 0

    /// Timers that are still to fire.
    var count: Int { actions.count }
    /// When the next one is due (a cancelled one may still count until then).
    var nextDue: UInt64? { heap.first?.due }

    mutating func add(due: UInt64, _ action: @escaping Action) -> TimerToken {
        lastNumber += 1
        actions[lastNumber] = action
        heap.append(Entry(due: due, number: lastNumber))
        siftUp(heap.count - 1)
        return TimerToken(number: lastNumber)
    }

    /// True when the timer had not fired; its action is returned unrun, for its owner to finish with.
    @discardableResult
    mutating func cancel(_ token: TimerToken) -> Action? {
        let action = actions.removeValue(forKey: token.number)
        // Cancelled entries stay in the heap until due; far ones would pile up, so most being dead rebuilds it.
        if heap.count > 64, actions.count * 4 < heap.count { rebuild() }
        return action
    }

    /// Takes the next action that is due at `now`.
    mutating func popDue(_ now: UInt64) -> Action? {
        while let first = heap.first, first.due <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: first.number) { return action }
        }
        return nil
    }

    /// Takes all, due or not, in order.
    mutating func drain() -> [Action] {
        var drained: [Action] = []
        while let action = popDue(.max) { drained.append(action) }
        return drained
    }

    private mutating func rebuild() {
        heap.removeAll { actions[$0.number] == nil }
        // A sorted array is a heap.
        heap.sort { $0.precedes($1) }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(0)
    }

    private mutating func siftUp(_ index: Int) {
        var child = index
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown(_ index: Int) {
        var parent = index
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
