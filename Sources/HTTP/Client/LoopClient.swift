import Sockets

/// The part of an `HTTPClient` that lives on one event loop: its pools, and the way a request takes through them.
///
/// `@unchecked Sendable`: confined to its loop's thread.
final class LoopClient: @unchecked Sendable {
    let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    private let resolver: Resolver
    private let timeout: UInt64
    private var pools: [SocketAddress: AddressPool] = [:]
    // Most services talk to few addresses, often to one many times in a row: that costs no hashing.
    private var lastPool: AddressPool?
    private var isShutDown = false

    init(loop: EventLoop, configuration: HTTPClientConfiguration, resolver: Resolver) {
        self.loop = loop
        self.configuration = configuration
        self.resolver = resolver
        timeout = configuration.timeout.milliseconds
    }

    /// Sends `request` and returns when the answer's head is there.
    func execute(_ request: ClientRequest, to address: SocketAddress?) async throws(HTTPClientError) -> ClientResponse {
        if Task.isCancelled { throw .cancelled(sent: false) }
        let deadline = min(loop.now &+ (request.timeout?.milliseconds ?? timeout), request.deadline ?? .max)
        if let address { return try await exchange(request, with: address, deadline: deadline) }
        return try await exchange(request, withAnyOf: try await addresses(of: request.endpoint), deadline: deadline)
    }

    // MARK: - Addresses

    private func addresses(of endpoint: Endpoint) async throws(HTTPClientError) -> [SocketAddress] {
        if let known = resolver.remembered(endpoint) { return known }
        do {
            return try await resolver.resolve(endpoint)
        } catch {
            throw .resolution(host: endpoint.host)
        }
    }

    /// Tries the addresses in order until one is connected: nothing is sent twice by this.
    private func exchange(
        _ request: ClientRequest, withAnyOf addresses: [SocketAddress], deadline: UInt64
    ) async throws(HTTPClientError) -> ClientResponse {
        var lastError = HTTPClientError.resolution(host: request.endpoint.host)
        for address in addresses {
            do throws(HTTPClientError) {
                return try await exchange(request, with: address, deadline: deadline)
            } catch {
                guard error.isConnectFailure else { throw error }
                lastError = error
            }
        }
        resolver.expire(request.endpoint.host)
        throw lastError
    }

    // MARK: - One address

    private func exchange(
        _ request: ClientRequest, with address: SocketAddress, deadline: UInt64
    ) async throws(HTTPClientError) -> ClientResponse {
        let pool = pool(for: address)
        var mayReuse = true
        while true {
            let connection = try await pool.connection(
                until: deadline, connectTimeout: request.connectTimeout ?? configuration.connectTimeout,
                mayReuse: mayReuse
            )
            do throws(HTTPClientError) {
                return try await connection.exchange(request, deadline: deadline)
            } catch {
                // A kept connection may have been closed by the server just when we used it. Once is enough: the
                // second try takes a fresh connection.
                guard case .closedBeforeResponse(reused: true) = error, mayReuse,
                    request.canBeReplayed || (connection.sentNothing && request.body.isInMemory)
                else { throw error }
                mayReuse = false
            }
        }
    }

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
