/// What a fault does, with the numbers of its kind.
public enum FaultEffect: Sendable, Equatable {
    /// See ``FaultKind/latency``.
    case latency(FaultDelay)
    /// The status of the answer, 500 to 599.
    case error(status: Int)
    /// Where the answer ends.
    case drop(FaultCut)
    /// The name of the upstream; the delay before each request to it; bytes per second of its answers, where they are
    /// throttled.
    case slowDownstream(upstream: String, FaultDelay, bytesPerSecond: Int?)
    /// See ``FaultKind/blockedDatabase``.
    case blockedDatabase
    /// See ``FaultKind/fullQueue``.
    case fullQueue
    /// MiB per second, and how many MiB at most.
    case memoryGrowth(rate: Int, ceiling: Int)
    /// See ``FaultKind/crash``.
    case crash
    /// Seconds that the clock is ahead; negative when it is behind.
    case clockSkew(seconds: Int)

    /// The kind.
    public var kind: FaultKind {
        switch self {
        case .latency: .latency
        case .error: .error
        case .drop: .drop
        case .slowDownstream: .slowDownstream
        case .blockedDatabase: .blockedDatabase
        case .fullQueue: .fullQueue
        case .memoryGrowth: .memoryGrowth
        case .crash: .crash
        case .clockSkew: .clockSkew
        }
    }
}

/// A time in milliseconds, and how much longer it may be by chance.
public struct FaultDelay: Sendable, Equatable {
    /// Always as long.
    public let milliseconds: Int
    /// At most as much longer, evenly.
    public let jitter: Int

    func drawn(using random: inout some RandomNumberGenerator) -> Int {
        jitter == 0 ? milliseconds : milliseconds + Int.random(in: 0...jitter, using: &random)
    }
}

/// Where an answer is cut off.
public enum FaultCut: String, Sendable, CaseIterable {
    /// The request is not handled.
    case before
    /// Half of the body is sent.
    case middle
    /// The request is handled, and nobody is told.
    case after
}
