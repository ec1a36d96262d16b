import Logging
public import Sockets
import Synchronization

/// An HTTP/1.1 server: listeners on the loops of a group, and one Task per connection.
public final class HTTPServer: Sendable {
    private let core: ServerCore
    private let loops: [LoopServer]
    private let listeners = Locked<[BoundListener]>([])
    private let places = Locked<[InProcessPlace]>([])

    private struct BoundListener {
        let listener: Listener
        let loop: LoopServer
    }

    /// A server that answers with `handler`, once started.
    public init(
        configuration: HTTPServerConfiguration = .init(), group: EventLoopGroup,
        observer: (any HTTPServerObserver)? = nil, handler: @escaping Handler
    ) {
        let core = ServerCore(configuration, observer, handler)
        self.core = core
        loops = group.loops.map { LoopServer($0, core) }
    }

    // MARK: - Starting

    /// Listens at `host` (an address, or a name that resolves to one) and `port`; 0 has the system choose.
    ///
    /// Returns the address it is bound to. May be called again for a further address. Throws
    /// `SocketError.addressInUse`, `ResolutionError`, or what the system said.
    @discardableResult
    public func start(host: String, port: Int) async throws -> SocketAddress {
        let endpoint = Endpoint(host: host, port: port)
        var address = try await Resolver().resolve(endpoint)[0]
        if port != 0 { try Listener.probe(address) }
        let sharesPort = core.configuration.accepting == .sharedPort
        for server in sharesPort ? loops[...] : loops.prefix(1) {
            address = try await listen(address, on: server, sharesPort: sharesPort)
        }
        return address
    }

    private func listen(
        _ address: SocketAddress, on server: LoopServer, sharesPort: Bool
    ) async throws -> SocketAddress {
        let backlog = core.configuration.backlog
        let loops = loops
        let listener = try await server.loop.run {
            let listener = try Listener(address, on: server.loop, sharesPort: sharesPort, backlog: backlog)
            server.loop.spawn { await server.accept(from: listener, for: sharesPort ? [server] : loops) }
            return listener
        }
        listeners.withLock { $0.append(BoundListener(listener: listener, loop: server)) }
        return listener.address
    }

    func isOn(_ group: EventLoopGroup) -> Bool {
        group.loops.count == loops.count && zip(group.loops, loops).allSatisfy { $0 === $1.loop }
    }

    /// False when somebody else listens there.
    func listen(at place: InProcessPlace) -> Bool {
        guard place.listen(loops) else { return false }
        places.withLock { $0.append(place) }
        return true
    }

    // MARK: - Ending

    /// From now on every answer says `Connection: close`. Connections are still accepted, and idle ones left open, so
    /// that clients move away without a failed request.
    public func beginDrain() { core.isDraining.store(true, ordering: .relaxed) }

    /// Stops accepting, closes idle connections, gives requests under way `grace` to finish, then cuts them off. A tunnel
    /// is ended by a FIN to its peer in the first moment of quiet, or when a quarter of the grace is left.
    public func shutdown(grace: Duration) async {
        beginDrain()
        let bound = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for one in bound { await one.loop.loop.run { one.loop.stop(one.listener) } }
        for place in places.withLock({ $0 }) { place.close() }
        let end = ContinuousClock.now + grace
        while activeConnections + activeCalls > 0, ContinuousClock.now < end {
            let isLate = ContinuousClock.now >= end - grace / 4
            for server in loops { server.loop.execute { server.closeIdle(isLate: isLate) } }
            try? await Task.sleep(for: .milliseconds(5))
        }
        for server in loops { server.loop.execute { server.closeAll() } }
    }

    // MARK: - State

    /// True after `beginDrain()`.
    public var isDraining: Bool { core.isDraining.load(ordering: .relaxed) }
    /// Open connections, idle ones included.
    public var activeConnections: Int { loops.reduce(0) { $0 + $1.connectionCount.load(ordering: .relaxed) } }
    /// Requests of this process that are not answered.
    private var activeCalls: Int { loops.reduce(0) { $0 + $1.callCount.load(ordering: .relaxed) } }
    /// Open connections that wait for their next request without a Task.
    public var restingConnections: Int { loops.reduce(0) { $0 + $1.restingCount.load(ordering: .relaxed) } }
    /// Requests whose answer is not complete.
    public var activeRequests: Int { loops.reduce(0) { $0 + $1.requestCount.load(ordering: .relaxed) } }
    /// Connections accepted since the start.
    public var acceptedConnections: Int { core.acceptedConnections.load(ordering: .relaxed) }
    /// Connections refused because there were `maximumConnections` already.
    public var refusedConnections: Int { core.refusedConnections.load(ordering: .relaxed) }
}

/// What the loops of one server share.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let observer: (any HTTPServerObserver)?
    let handler: Handler
    let logger = Logger(label: "http.server")
    let times: ServerTimes
    let isDraining = Atomic(false)
    let openConnections = Atomic(0)
    let acceptedConnections = Atomic(0)
    let refusedConnections = Atomic(0)

    init(
        _ configuration: HTTPServerConfiguration, _ observer: (any HTTPServerObserver)?, _ handler: @escaping Handler
    ) {
        self.configuration = configuration
        self.observer = observer
        self.handler = handler
        times = ServerTimes(configuration)
    }
}

/// The configured times in milliseconds, as the loops count.
struct ServerTimes: Sendable {
    let head: UInt64
    let idle: UInt64
    let taskRetention: UInt64
    let lifetime: UInt64
    let bodyGrace: UInt64
    let halfCloseGrace: UInt64
    let linger: UInt64
    let write: WriteAllowance

    init(_ configuration: HTTPServerConfiguration) {
        head = configuration.headTimeout.milliseconds
        idle = configuration.idleTimeout.milliseconds
        taskRetention = configuration.taskRetention.milliseconds
        lifetime = configuration.connectionLifetime.milliseconds
        bodyGrace = configuration.bodyGrace.milliseconds
        halfCloseGrace = configuration.halfCloseGrace.milliseconds
        linger = configuration.lingerTimeout.milliseconds
        write = WriteAllowance(
            most: configuration.writeTimeout.milliseconds, minimumRate: max(1, configuration.writeMinimumRate))
    }
}
