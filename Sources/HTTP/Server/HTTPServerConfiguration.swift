/// What a server allows its clients, in bytes and time. The defaults are those of docs/http.md.
public struct HTTPServerConfiguration: Sendable {
    /// How connections reach the loops.
    public enum Accepting: Sendable, Hashable, CaseIterable {
        /// One listener per loop at the same port (SO_REUSEPORT): the system spreads connections by their addresses.
        case sharedPort
        /// One listener hands connections to the loop that holds the fewest.
        case handingOut

        /// What was measured to be the better one here (docs/decisions/0001-event-loop.md).
        public static var preferred: Accepting {
            #if os(Linux)
                .sharedPort
            #else
                // Darwin gives every connection to the last listener.
                .handingOut
            #endif
        }
    }

    /// Limits of a request's head: 414 and 431 beyond.
    public var headLimits = HeadLimits()
    /// The most bytes of a request body until a route says otherwise: 413 beyond.
    public var bodyLimit = Router.defaultBodyLimit
    /// From the first byte of a head to its last: 408 beyond.
    public var headTimeout = Duration.seconds(10)
    /// A connection on which no request has begun for this long is closed.
    public var idleTimeout = Duration.seconds(60)
    /// How long a connection that waits for its next request keeps its Task, and with it the memory that the deepest
    /// handler so far has needed. A new Task costs little; a thousand idle ones cost megabytes.
    public var taskRetention = Duration.seconds(1)
    /// How long a connection is kept at most: its next answer then says `Connection: close`.
    public var connectionLifetime = Duration.seconds(3600)
    /// How long the bytes of a body may be waited for, in all, before the minimum rate counts: 408 beyond.
    public var bodyGrace = Duration.seconds(5)
    /// Bytes per second that a body must come with while it is waited for.
    public var bodyMinimumRate = 240
    /// A peer that takes no byte of an answer for this long is cut off. What it may wait is used up by waiting and
    /// comes back by taking bytes, at ``writeMinimumRate``.
    public var writeTimeout = Duration.seconds(30)
    /// Bytes per second that an answer must be taken with while its peer is waited for, beyond ``writeTimeout``.
    public var writeMinimumRate = 240
    /// A client that has sent its FIN while its request is answered may still read (RFC 9112 section 9.6 has servers do
    /// the same), or may have gone: nothing tells one from the other. It is taken for gone, and its request given up, once
    /// for this long nothing was received, sent or still to be acknowledged. A reset gives up at once.
    public var halfCloseGrace = Duration.seconds(1)
    /// How long a closing connection may keep sending what nobody reads any more, so that it can read the answer.
    public var lingerTimeout = Duration.seconds(2)
    /// Open connections of the whole server; further ones get a 503 and are closed.
    public var maximumConnections = 20_000
    /// Connections that the system keeps waiting for `accept`, per listener.
    public var backlog: Int32 = 1024
    /// How connections reach the loops.
    public var accepting = Accepting.preferred

    /// The defaults.
    public init() {}
}
