import HTTP

/// Which lines of the access log are written where not all are wanted (`ACCESS_LOG_SAMPLE_RATIO`). What failed, was slow
/// or broke off always has its line, and so has what is sampled as a trace: a trace without its lines is half a story.
struct AccessLogSample: Sendable, Equatable {
    /// What becomes of one line.
    enum Decision: Equatable {
        /// It is written, and would be with any ratio.
        case written
        /// It is written and stands for those that are not.
        case chosen
        case leftOut
    }

    /// The share of ordinary lines that is written, 0 to 1.
    let ratio: Double
    /// From how many nanoseconds on a request is slow; the limit of traces (`TRACES_SLOW_MILLISECONDS`).
    let slow: UInt64
    /// Mixed into the ids that decide: callers choose the ids of their traces, and must not choose to be overlooked.
    private let secret: UInt64
    private let threshold: UInt64

    private static let range: UInt64 = 1 << 53

    init(ratio: Double, slow: UInt64, secret: UInt64) {
        self.ratio = ratio
        self.slow = slow
        self.secret = secret
        threshold = UInt64((ratio * Double(Self.range)).rounded())
    }

    /// - Parameter takesTime: Whether the answer takes as long as somebody listens, so that it is never slow.
    @inline(__always)
    func decide(
        status: UInt64, nanoseconds: UInt64, takesTime: Bool, isTruncated: Bool, trace: TraceContext
    ) -> Decision {
        if threshold >= Self.range || status >= 400 || isTruncated || trace.isSampled { return .written }
        if nanoseconds >= slow, !takesTime { return .written }
        let bits = SplitMix64.mix(trace.traceID.low ^ secret)
        return bits & (Self.range - 1) < threshold ? .chosen : .leftOut
    }
}
