import Sockets

/// The part of an `HTTPClient` that lives on one event loop: its pools, and the way a request takes through them.
///
/// `@unchecked Sendable`: confined to its loop's thread.
final class LoopClient: @unchecked Sendable {
    let loop: EventLoop
    let configuration: HTTPClientConfiguration
    let network: InProcessNetwork?
    private let resolver: Resolver
    private let timeout: UInt64
    private var pools: [SocketAddress: AddressPool] = [:]
    // Most services talk to few addresses, often to one many times in a row: that costs no hashing.
    private var lastPool: AddressPool?
    private var known: KnownAddress?
    private(set) var isShutDown = false

    private struct KnownAddress {
        let endpoint: Endpoint
        let address: SocketAddress
        let expires: UInt64
    }

    init(
        loop: EventLoop, configuration: HTTPClientConfiguration, resolver: Resolver, network: InProcessNetwork? = nil
    ) {
        self.loop = loop
        self.network = network
        self.configuration = configuration
        self.resolver = resolver
        timeout = configuration.timeout.milliseconds
    }

    /// When `request` must be over, in milliseconds of the loop's clock.
    func deadline(of request: ClientRequest) -> UInt64 {
        min(loop.now &+ (request.timeout?.milliseconds ?? timeout), request.deadline ?? .max)
    }

    // MARK: - The usual way

    /// Starts `request` on an idle connection, if there is one: `sendNow` has been called. Nil has changed nothing;
    /// then `execute` opens or waits for a connection.
    ///
    /// It is not async, because an async call costs two switches of the executor: a request that finds its connection
    /// suspends in one place only, where it waits for its answer.
    func start(
        _ request: ClientRequest, to address: SocketAddress?, deadline: UInt64
    ) throws(HTTPClientError) -> ClientConnection? {
        guard let address = address ?? knownAddress(of: request.endpoint), !Task.isCancelled,
            let connection = pool(for: address).idleConnection(until: deadline)
        else { return nil }
        try connection.begin(request, deadline: deadline)
        return connection
    }

    /// Whether to send `request` again on a fresh connection: the kept one was closed by the server just when we used
    /// it. Never twice, because fresh connections are not reused ones.
    func mayReplay(_ request: ClientRequest, after error: HTTPClientError, on connection: ClientConnection) -> Bool {
        guard case .closedBeforeResponse(reused: true) = error else { return false }
        return request.canBeReplayed || (connection.sentNothing && request.body.isInMemory)
    }

    /// Sends `request` again by `send`, and notes that on what comes of it unless the kept connection took no byte.
    func replay(
        _ request: ClientRequest, after connection: ClientConnection,
        _ send: () async throws(HTTPClientError) -> ClientResponse
    ) async throws(HTTPClientError) -> ClientResponse {
        let isRepeated = !connection.sentNothing
        do throws(HTTPClientError) {
            let response = try await send()
            if isRepeated { response.body.wasReplayed = true }
            return response
        } catch {
            throw isRepeated && !error.wasReplayed ? .afterReplay(error) : error
        }
    }

    /// The first address of a name, for a second from the last time that all of them were asked for.
    private func knownAddress(of endpoint: Endpoint) -> SocketAddress? {
        if let known, known.expires > loop.now, known.endpoint == endpoint { return known.address }
        guard let address = resolver.remembered(endpoint)?.first else { return nil }
        known = KnownAddress(endpoint: endpoint, address: address, expires: loop.now &+ 1000)
        return address
    }

    // MARK: - All ways

    /// Sends `request` and returns when the answer's head is there.
    func execute(
        _ request: ClientRequest, to address: SocketAddress?, deadline: UInt64, mayReuse: Bool = true
    ) async throws(HTTPClientError) -> ClientResponse {
        if Task.isCancelled { throw .cancelled(sent: false) }
        let addresses =
            if let address { [address] } else { try await self.addresses(of: request.endpoint, until: deadline) }
        var lastError = HTTPClientError.resolution(host: request.endpoint.host)
        var wasReplayed = false
        // In order until one is connected: nothing is sent twice by this.
        for address in addresses {
            do throws(HTTPClientError) {
                let response = try await exchange(request, with: address, deadline: deadline, mayReuse)
                if wasReplayed { response.body.wasReplayed = true }
                return response
            } catch {
                wasReplayed = wasReplayed || error.wasReplayed
                lastError = wasReplayed ? .afterReplay(error.latest) : error
                guard error.latest.isConnectFailure else { throw lastError }
            }
        }
        resolver.expire(request.endpoint.host)
        known = nil
        throw lastError
    }

    private func addresses(
        of endpoint: Endpoint, until deadline: UInt64
    ) async throws(HTTPClientError) -> [SocketAddress] {
        if let known = resolver.remembered(endpoint) { return known }
        return try await AddressLookup.addresses(of: endpoint, by: resolver, until: deadline, on: loop)
    }

    private func exchange(
        _ request: ClientRequest, with address: SocketAddress, deadline: UInt64, _ mayReuse: Bool
    ) async throws(HTTPClientError) -> ClientResponse {
        let connection = try await pool(for: address).connection(
            until: deadline, connectTimeout: request.connectTimeout ?? configuration.connectTimeout,
            mayReuse: mayReuse, limits: request.connectionLimits
        )
        do throws(HTTPClientError) {
            try connection.begin(request, deadline: deadline)
            return try await connection.finish(request)
        } catch {
            guard mayReplay(request, after: error, on: connection) else { throw error }
            return try await replay(request, after: connection) { () async throws(HTTPClientError) in
                try await exchange(request, with: address, deadline: deadline, false)
            }
        }
    }

    // MARK: - Pools

    private func pool(for address: SocketAddress) -> AddressPool {
        if let lastPool, lastPool.address == address { return lastPool }
        let pool = pools[address] ?? makePool(for: address)
        lastPool = pool
        return pool
    }

    private func makePool(for address: SocketAddress) -> AddressPool {
        // Addresses come and go (rolling updates); pools that hold nothing are forgotten when a new one is made.
        pools = pools.filter { !$0.value.state.isEmpty }
        let pool = AddressPool(loop: loop, address: address, configuration: configuration)
        if isShutDown { pool.shutDown() }
        pools[address] = pool
        return pool
    }

    // MARK: - State

    var poolStates: [HTTPClient.PoolState] {
        pools.values.map { pool in
            HTTPClient.PoolState(
                address: pool.address, idle: pool.state.idleCount, leased: pool.state.leased,
                connecting: pool.state.connecting, waiting: pool.state.waiterCount
            )
        }
    }

    func shutDown() {
        isShutDown = true
        for pool in pools.values { pool.shutDown() }
    }
}

extension HTTPClientError {
    /// Whether another address may be tried: no connection came to be.
    fileprivate var isConnectFailure: Bool {
        switch self {
        case .connectionRefused, .connectFailed, .connectTimeout: true
        default: false
        }
    }
}

extension ClientRequestBody {
    var isInMemory: Bool {
        if case .stream = self { false } else { true }
    }
}
