/// Which unknown keys are asked for: each once at a time, none again soon after it was found not to exist, and never more
/// than so many per second in all, so that a flood of made-up keys ends here. A pure state machine; times are milliseconds of
/// a monotonic clock, keys are named by the hashes of their secrets.
struct LookupSchedule: Sendable {
    enum Action: Sendable, Equatable {
        /// Ask now, and report with ``finished(_:isUnknown:now:)``.
        case fetch
        /// Somebody asks already; that answer is this one's too.
        case join
        /// It did not exist a moment ago.
        case unknown
        /// Too many were asked for in this second.
        case tooMany
    }

    private let perSecond: Int
    private let unknownFor: UInt64
    private var running: Set<[UInt8]> = []
    /// Never more than the look-ups of one such time: each entry was one.
    private var unknown: [[UInt8]: UInt64] = [:]
    private var second: UInt64 = 0
    private var asked = 0

    init(perSecond: Int, unknownFor: UInt64) {
        self.perSecond = perSecond
        self.unknownFor = unknownFor
    }

    func isRunning(_ hash: [UInt8]) -> Bool { running.contains(hash) }

    func isUnknown(_ hash: [UInt8], now: UInt64) -> Bool { unknown[hash].map { now < $0 } ?? false }

    /// The keys that are known not to exist.
    var unknownCount: Int { unknown.count }

    mutating func request(_ hash: [UInt8], now: UInt64) -> Action {
        if let until = unknown[hash] {
            if now < until { return .unknown }
            unknown[hash] = nil
        }
        if running.contains(hash) { return .join }
        if now >= second + 1_000 || now < second { (second, asked) = (now, 0) }
        guard asked < perSecond else { return .tooMany }
        asked += 1
        running.insert(hash)
        return .fetch
    }

    /// - Parameter isUnknown: Whether there is no such key; a failure says nothing about that.
    mutating func finished(_ hash: [UInt8], isUnknown: Bool, now: UInt64) {
        running.remove(hash)
        guard isUnknown else { return }
        if unknown.count >= perSecond { unknown = unknown.filter { now < $0.value } }
        unknown[hash] = now + unknownFor
    }

    /// The key exists after all: it was made just now.
    mutating func exists(_ hash: [UInt8]) { unknown[hash] = nil }
}
