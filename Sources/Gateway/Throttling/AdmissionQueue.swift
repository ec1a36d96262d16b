/// Those who wait for a place behind a ``Throttle``, in three classes. A pure state machine; times are milliseconds.
///
/// Under overload a long queue helps nobody: each request waits as long as its client does, and the answer then goes to
/// nobody. So the time in the queue is bounded, and once the queue has not been empty for that long (it is not a burst
/// any more) two things change, as in B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015 (controlled delay and adaptive
/// LIFO): who comes anew may wait a twentieth of the time only, and the latest is served first, whose client is the most
/// likely to be there still. The others are told to come again early instead of late.
///
/// The class `high` is exempt from both. It goes before all others, in the order of its coming: it is meant to be
/// served whole, and then the order of coming is what makes the longest wait short.
struct AdmissionQueue: Sendable {
    /// Names one who waits.
    typealias Ticket = UInt64

    enum Admission: Sendable, Equatable {
        /// Wait at most until this time. Another one may have to give way.
        case wait(Ticket, until: UInt64, evicted: Ticket?)
        case full
    }

    private struct Entry {
        let ticket: Ticket
        let until: UInt64
    }

    /// What part of the time may be waited under overload.
    static let overloadDivisor: UInt64 = 20

    private var capacity: Int
    private var time: UInt64
    private var next: Ticket = 1
    /// By class; each in the order of coming, so the tickets grow.
    private var lines: [[Entry]] = Array(repeating: [], count: Priority.allCases.count)
    /// When the queue was last known to be empty.
    private var emptied: UInt64 = 0
    private(set) var count = 0

    init(capacity: Int, time: UInt64) {
        self.capacity = capacity
        self.time = time
    }

    /// Another configuration has come; who waits already keeps his time.
    mutating func resize(capacity: Int, time: UInt64) {
        self.capacity = capacity
        self.time = time
    }

    /// Whether the queue has been in use for longer than anybody may wait in it.
    func isOverloaded(now: UInt64) -> Bool { count > 0 && now > emptied + time }

    /// Somebody found no place.
    mutating func enter(_ priority: Priority, now: UInt64) -> Admission {
        if count == 0 { emptied = now }
        let isOverloaded = isOverloaded(now: now)
        var evicted: Ticket?
        if count >= capacity {
            evicted = evict(for: priority, isOverloaded: isOverloaded)
            guard evicted != nil else { return .full }
        }
        let ticket = next
        next += 1
        let isShort = isOverloaded && priority != .high
        let until = now + (isShort ? max(1, time / Self.overloadDivisor) : time)
        lines[priority.rawValue].append(Entry(ticket: ticket, until: until))
        count += 1
        return .wait(ticket, until: until, evicted: evicted)
    }

    /// A place is free.
    ///
    /// - Returns: The one whose turn it is, and those found whose time is over.
    mutating func turn(now: UInt64) -> (ticket: Ticket?, expired: [Ticket]) {
        var expired: [Ticket] = []
        let newestFirst = isOverloaded(now: now)
        for priority in Priority.allCases {
            while let entry = take(priority, newestFirst: newestFirst && priority != .high, now: now) {
                if now < entry.until { return (entry.ticket, expired) }
                expired.append(entry.ticket)
            }
        }
        return (nil, expired)
    }

    /// Somebody stops waiting.
    ///
    /// - Returns: Whether he still was.
    mutating func leave(_ ticket: Ticket, now: UInt64) -> Bool {
        for index in lines.indices {
            if let position = lines[index].firstIndex(where: { $0.ticket == ticket }) {
                lines[index].remove(at: position)
                removed(now)
                return true
            }
        }
        return false
    }

    // MARK: - Lines

    private mutating func take(_ priority: Priority, newestFirst: Bool, now: UInt64) -> Entry? {
        guard !lines[priority.rawValue].isEmpty else { return nil }
        defer { removed(now) }
        return newestFirst ? lines[priority.rawValue].removeLast() : lines[priority.rawValue].removeFirst()
    }

    private mutating func removed(_ now: UInt64) {
        count -= 1
        if count == 0 { emptied = now }
    }

    /// Makes room: the oldest of the lowest class below this one gives way; under overload the oldest of the own class
    /// too, whose turn would not come any more.
    private mutating func evict(for priority: Priority, isOverloaded: Bool) -> Ticket? {
        for lower in Priority.allCases.reversed() where !lines[lower.rawValue].isEmpty {
            let mayGo = lower.rawValue > priority.rawValue || (lower == priority && isOverloaded && priority != .high)
            guard mayGo else { return nil }
            count -= 1
            return lines[lower.rawValue].removeFirst().ticket
        }
        return nil
    }
}
