/// A handler throws it to have the connection closed without an answer.
public struct AbandonedExchange: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why, for the log: a stable word.
    public let description: String

    /// An exchange that ends for this reason.
    public init(_ reason: String) { description = reason }
}
