/// What came of a load test so far.
struct LoadSummary: Sendable {
    /// One kind of request.
    struct Operation: Sendable {
        var times = LoadTimes()
        var failed = 0
    }

    /// One second of the test, by when its requests were due.
    struct Second: Sendable {
        var times = LoadTimes(isCoarse: true)
        var failed = 0
    }

    var operations: [LoadOperation: Operation] = [:]
    var seconds: [Second] = []
    /// Answers by status; 0 is none at all.
    var statuses: [Int: Int] = [:]
    /// What went wrong by its words, the first 20 kinds.
    var reasons: [String: Int] = [:]
    var total = LoadTimes()
    var failed = 0
    /// Requests that could not be sent at their time, because too many were under way.
    var late = 0

    private static let reasonLimit = 20

    var sent: Int { total.count }
    var errorShare: Double { sent == 0 ? 0 : Double(failed) / Double(sent) }

    /// One answer.
    ///
    /// - Parameters:
    ///   - due: When its request was due, in microseconds from the start.
    ///   - took: How long after that its answer was complete, in microseconds.
    ///   - failure: Why it failed; nil when it did not.
    mutating func record(_ operation: LoadOperation, due: UInt64, took: UInt64, status: Int, failure: String?) {
        let second = Int(due / 1_000_000)
        while seconds.count <= second { seconds.append(Second()) }
        total.record(microseconds: took)
        seconds[second].times.record(microseconds: took)
        operations[operation, default: Operation()].times.record(microseconds: took)
        statuses[status, default: 0] += 1
        guard let failure else { return }
        failed += 1
        seconds[second].failed += 1
        operations[operation, default: Operation()].failed += 1
        if reasons[failure] != nil || reasons.count < Self.reasonLimit { reasons[failure, default: 0] += 1 }
    }
}
