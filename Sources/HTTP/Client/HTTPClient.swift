public import Sockets
import Spans

/// An HTTP/1.1 client with keep-alive connections, pooled on each event loop.
///
/// Called by a task of one of its loops, a request stays on that loop, connection and answer included, and takes no
/// lock. Called from elsewhere it goes to one of the loops and its answer's body is read through hops.
public final class HTTPClient: Sendable {
    /// What it looks names up with, and remembers them in.
    public let resolver: Resolver

    private let group: EventLoopGroup
    private let loops: [LoopClient]

    /// A client of its own pools. It opens nothing until the first request.
    /// - Parameter network: Addresses that lead to servers of this process; its loops must be `group`.
    public init(
        configuration: HTTPClientConfiguration = .init(), group: EventLoopGroup, resolver: Resolver,
        network: InProcessNetwork? = nil
    ) {
        precondition(network == nil || network?.group === group, "a network of other loops")
        self.group = group
        self.resolver = resolver
        loops = group.loops.map {
            LoopClient(loop: $0, configuration: configuration, resolver: resolver, network: network)
        }
    }

    /// Sends `request` and returns its answer as soon as the head is there; the body is read from the answer.
    ///
    /// A reused connection that dies before the first byte of the answer is replaced once by a fresh one when the
    /// request is replayable (see `ClientRequest.isReplayable`), or when no byte of it had been taken by the system.
    /// Nothing else is tried twice. Cancelling the task closes the connection.
    /// - Parameter address: where to connect; nil resolves `request.endpoint` and tries its addresses in order.
    nonisolated(nonsending) public func execute(
        _ request: ClientRequest, to address: SocketAddress? = nil
    ) async throws(HTTPClientError) -> ClientResponse {
        if request.span == nil, let active = ActiveSpan.current {
            return try await CallSpan.execute(request, to: address, below: active, by: self)
        }
        let client = loops[group.currentOrNext().index]
        if client.loop.isCurrent { return try await Self.execute(request, to: address, on: client) }
        let result = await client.loop.run { () async -> Result<ClientResponse, HTTPClientError> in
            do throws(HTTPClientError) {
                return .success(try await Self.execute(request, to: address, on: client))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    @inline(__always)
    nonisolated(nonsending) private static func execute(
        _ request: ClientRequest, to address: SocketAddress?, on client: LoopClient
    ) async throws(HTTPClientError) -> ClientResponse {
        let deadline = client.deadline(of: request)
        if let network = client.network, let place = network.place(at: address, or: request.endpoint) {
            return try await client.call(request, at: place, deadline: deadline)
        }
        guard let connection = try client.start(request, to: address, deadline: deadline) else {
            return try await client.execute(request, to: address, deadline: deadline)
        }
        do throws(HTTPClientError) {
            if connection.requestIsComplete { return try await connection.receiveAnswer() }
            return try await connection.finish(request)
        } catch {
            guard client.mayReplay(request, after: error, on: connection) else { throw error }
            return try await client.replay(request, after: connection) { () async throws(HTTPClientError) in
                try await client.execute(request, to: address, deadline: deadline, mayReuse: false)
            }
        }
    }

    /// Closes idle connections and refuses new requests; those under way run to their end.
    public func shutdown() async {
        for client in loops { await client.loop.run { client.shutDown() } }
    }

    /// The connections to one address on one loop, for metrics.
    public struct PoolState: Sendable, Hashable {
        /// Where they lead.
        public var address: SocketAddress
        /// Open and unused.
        public var idle: Int
        /// Serving a request.
        public var leased: Int
        /// Being opened.
        public var connecting: Int
        /// Requests that wait for a connection.
        public var waiting: Int

        /// A state of its parts.
        public init(address: SocketAddress, idle: Int, leased: Int, connecting: Int, waiting: Int) {
            self.address = address
            self.idle = idle
            self.leased = leased
            self.connecting = connecting
            self.waiting = waiting
        }
    }

    /// The state of all pools, one entry for each loop and address. It hops to every loop: for a metrics scrape.
    public func poolStates() async -> [PoolState] {
        var states: [PoolState] = []
        for client in loops { states += await client.loop.run { client.poolStates } }
        return states
    }
}
