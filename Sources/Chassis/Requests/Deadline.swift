public import HTTP
import HTTPTypes
import Sockets

/// Until when somebody waits for what a request asks for.
///
/// Work that queues looks at it when its turn comes: what nobody awaits any longer is not begun.
public struct Deadline: Sendable, Hashable {
    /// Milliseconds of `CoarseClock`; `nil` when there is no end to it.
    public let time: UInt64?

    /// Somebody waits for ever.
    public static let none = Deadline(at: nil)

    /// A deadline at `time`, in milliseconds of `CoarseClock`.
    public init(at time: UInt64?) { self.time = time }

    /// Whether nobody waits any longer.
    public var hasPassed: Bool { time.map { CoarseClock.milliseconds() >= $0 } ?? false }

    /// To be called before work begins.
    /// - Throws: ``Problem`` 504 `deadline_exceeded` when nobody waits for it any longer. Nothing was done.
    public func expect() throws(Problem) {
        if hasPassed { throw Problem.deadlineExceeded }
    }
}

extension Problem {
    /// 504 `deadline_exceeded`: the caller's time was over before the work began.
    public static var deadlineExceeded: Problem {
        Problem(.gatewayTimeout, "deadline_exceeded", detail: "The time for this was over before it began.")
    }
}

extension Request {
    /// Until when the caller waits, as ``DeadlineMiddleware`` has read it.
    public var deadline: Deadline { Deadline(at: context.deadline) }
}
