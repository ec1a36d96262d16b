/// What real requests say about one address: how often in a row it failed, and until when it is left out.
///
/// A pure state machine; times are milliseconds. Whether an ejection is allowed, given the others, is decided by
/// ``EndpointTable``.
struct OutlierRecord: Sendable, Equatable {
    /// Why an address was left out.
    enum Cause: String, Sendable, CaseIterable {
        /// Refused, reset or not established connections.
        case connection
        /// 502, 503 or 504.
        case status
        /// Nothing within the time of a try.
        case timeout
        /// Nothing at all for a while, though several requests waited.
        case silence
    }

    private(set) var consecutive = 0
    private(set) var ejectedUntil: UInt64?
    private(set) var cause: Cause?
    /// How many times the base time the last ejection took; the next one takes one more.
    private(set) var multiple: UInt64 = 0
    private var returned: UInt64 = 0

    var isEjected: Bool { ejectedUntil != nil }

    /// A request failed.
    ///
    /// - Returns: Whether that is one too many.
    mutating func failed(_ configuration: OutlierConfiguration) -> Bool {
        consecutive += 1
        return configuration.failures > 0 && consecutive >= configuration.failures && !isEjected
    }

    mutating func succeeded() { consecutive = 0 }

    /// Leaves the address out: longer each time, unless it behaved for a while in between.
    mutating func eject(_ cause: Cause, now: UInt64, _ configuration: OutlierConfiguration) {
        let base = max(1, configuration.ejection)
        let goodTimes = now >= returned ? (now - returned) / base : 0
        multiple = (multiple > goodTimes ? multiple - goodTimes : 0) + 1
        let (time, overflow) = base.multipliedReportingOverflow(by: multiple)
        ejectedUntil = now + (overflow ? configuration.maximumEjection : min(time, configuration.maximumEjection))
        self.cause = cause
        consecutive = 0
    }

    /// Ends an ejection whose time is over.
    ///
    /// - Returns: Whether there was one.
    mutating func review(now: UInt64) -> Bool {
        guard let until = ejectedUntil, until <= now else { return false }
        readmit(now: now)
        return true
    }

    /// Ends an ejection early: the address has proved to be back.
    mutating func readmit(now: UInt64) {
        guard isEjected else { return }
        (ejectedUntil, cause, consecutive) = (nil, nil, 0)
        returned = now
    }
}
