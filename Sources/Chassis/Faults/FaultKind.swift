/// What the fault lab can do to a service.
public enum FaultKind: String, Sendable, CaseIterable {
    /// Requests are answered later.
    case latency
    /// Requests are answered with an error, and not handled.
    case error
    /// The connection is closed without an answer, or in the middle of one.
    case drop
    /// What goes to one upstream takes longer.
    case slowDownstream = "slow_downstream"
    /// The thread that does all writes of the database is held.
    case blockedDatabase = "blocked_database"
    /// A queue refuses as if it were full.
    case fullQueue = "full_queue"
    /// Memory is taken, more each second.
    case memoryGrowth = "memory_growth"
    /// The process aborts after an answer.
    case crash
    /// The service's time of day is off.
    case clockSkew = "clock_skew"
}

/// A set of kinds in one word, so that whether there is anything to do is one atomic load.
struct FaultKinds: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ kind: FaultKind) {
        self.init(rawValue: 1 << UInt16(FaultKind.allCases.firstIndex(of: kind) ?? 0))
    }

    static let latency = FaultKinds(.latency)
    static let error = FaultKinds(.error)
    static let drop = FaultKinds(.drop)
    static let slowDownstream = FaultKinds(.slowDownstream)
    static let fullQueue = FaultKinds(.fullQueue)
    static let crash = FaultKinds(.crash)
}
