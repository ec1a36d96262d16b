public import HTTPTypes

/// Told of every exchange when its answer is complete: access log and request metrics are made from it.
public protocol HTTPServerObserver: Sendable {
    /// A head has come, and its handler is about to be called. On the connection's loop; must not block.
    func began(_ context: RequestContext)

    /// Called on the connection's loop; must not block.
    func completed(_ exchange: borrowing CompletedExchange)
}

extension HTTPServerObserver {
    /// Does nothing.
    public func began(_ context: RequestContext) {}
}

/// One request with its answer, after the fact. Valid during the call only: head and context are used again.
public struct CompletedExchange {
    /// The request's head; nil when it could not be read.
    public let head: RequestHead?
    /// Peer, id, trace, route, caller, upstream and, where it failed, the reason.
    public let context: RequestContext
    /// The status that was sent.
    public let status: HTTPResponse.Status
    /// Bytes of request body that were received, without framing.
    public let bytesReceived: Int
    /// Bytes of response body that were sent, without framing.
    public let bytesSent: Int
    /// From the complete head to the last byte of the answer in the socket's buffer.
    public let nanoseconds: UInt64
    /// True when the answer was cut off: the peer went away, was too slow, or the body's source failed.
    public let isTruncated: Bool
}
