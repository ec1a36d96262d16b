/// Spares an upstream that fails most of what it is sent: closed, open, half-open with one probe, closed again.
///
/// A pure state machine. It need not hear of requests that succeed: tries are counted elsewhere and read here when one
/// fails. Times are milliseconds.
struct CircuitBreaker: Sendable {
    enum State: Sendable, Equatable {
        case closed
        case open(until: UInt64)
        /// One request is under way to find out; after `until` it is given up and another one goes.
        case halfOpen(until: UInt64)
    }

    enum Admission: Sendable, Equatable {
        case passed
        /// Go, and report the outcome by ``probeEnded(succeeded:now:tries:)``.
        case probe
        /// Come again after that many milliseconds.
        case refused(for: UInt64)
    }

    /// Failures since `start`, and the tries that there had been before it.
    private struct Bucket: Sendable {
        var start: UInt64
        var triesBefore: UInt64
        var failures = 0
    }

    private static let bucketCount: UInt64 = 10

    private let configuration: BreakerConfiguration
    private(set) var state = State.closed
    private var buckets: [Bucket] = []

    init(_ configuration: BreakerConfiguration) { self.configuration = configuration }

    /// Goes on with the state of another breaker, by rules of its own.
    init(_ configuration: BreakerConfiguration, inheriting other: CircuitBreaker) {
        self.configuration = configuration
        if configuration.errorPercent > 0 { (state, buckets) = (other.state, other.buckets) }
    }

    /// A request wants to go.
    mutating func admit(now: UInt64) -> Admission {
        switch state {
        case .closed: return .passed
        case .open(let until), .halfOpen(let until):
            guard now >= until else { return .refused(for: until - now) }
            state = .halfOpen(until: now + configuration.open)
            return .probe
        }
    }

    /// A request failed.
    ///
    /// - Parameter tries: All tries so far, this one included.
    /// - Returns: Whether this opened the breaker.
    mutating func failed(now: UInt64, tries: UInt64) -> Bool {
        guard state == .closed, configuration.errorPercent > 0 else { return false }
        roll(now: now, tries: tries)
        buckets[buckets.count - 1].failures += 1
        let failures = buckets.reduce(0) { $0 + $1.failures }
        let seen = Int(tries - min(tries, buckets[0].triesBefore))
        guard seen >= configuration.minimum, failures * 100 >= seen * configuration.errorPercent else { return false }
        state = .open(until: now + configuration.open)
        return true
    }

    /// The probe is back; one that was cancelled has not failed, but nor has it shown anything.
    mutating func probeEnded(succeeded: Bool?, now: UInt64) {
        guard case .halfOpen = state else { return }
        switch succeeded {
        case true?: (state, buckets) = (.closed, [])
        case false?: state = .open(until: now + configuration.open)
        case nil: state = .open(until: now)
        }
    }

    /// Drops what is older than the window and opens a new bucket when it is time.
    private mutating func roll(now: UInt64, tries: UInt64) {
        let width = max(1, configuration.window / Self.bucketCount)
        // After a quiet time nobody knows when the tries since then were made: the window begins anew.
        if let last = buckets.last, now >= last.start + configuration.window { buckets = [] }
        buckets.removeAll { now >= $0.start + configuration.window }
        if buckets.last.map({ now >= $0.start + width }) ?? true {
            buckets.append(Bucket(start: now, triesBefore: tries > 0 ? tries - 1 : 0))
        }
    }
}
