import Sockets

/// The limits and times of an `HTTPClient`. Times are swept by the event loop: they are kept to about a quarter second.
public struct HTTPClientConfiguration: Sendable {
    /// How long one attempt to open a connection may take.
    public var connectTimeout: Duration = .seconds(2)
    /// How long a whole exchange may take, from `execute` to the last byte of the answer, unless the request says.
    public var timeout: Duration = .seconds(30)
    /// How long the answer's head may take once the request is sent.
    public var responseHeadTimeout: Duration = .seconds(30)
    /// How long the server may send nothing inside a body.
    public var idleReadTimeout: Duration = .seconds(30)
    /// How long an unused connection is kept. It is shorter than a server's keep-alive (60 s here), so that the client
    /// closes first and no request meets a closing connection.
    public var idleConnectionTimeout: Duration = .seconds(50)
    /// Age after which a connection is not used again.
    public var maximumConnectionAge: Duration = .seconds(600)
    /// Requests after which a connection is not used again.
    public var maximumRequestsPerConnection = 100_000
    /// Connections to one address, on each event loop.
    public var maximumConnections = 256
    /// Requests that may wait for a connection to one address, on each event loop.
    public var maximumWaiters = 1024
    /// The longest body that `collect()` returns when it is given no limit, in bytes.
    public var maximumCollectedBody = 8 << 20

    /// Creates the default configuration.
    public init() {}

    var poolLimits: ConnectionPoolLimits {
        ConnectionPoolLimits(
            connections: maximumConnections, waiters: maximumWaiters,
            idleTimeout: idleConnectionTimeout.milliseconds, maximumAge: maximumConnectionAge.milliseconds,
            requestsPerConnection: maximumRequestsPerConnection
        )
    }
}
