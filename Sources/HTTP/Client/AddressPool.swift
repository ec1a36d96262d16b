import Sockets

/// The connections of one event loop to one address: does what `ConnectionPool` says.
///
/// `@unchecked Sendable`: confined to its loop's thread; no lock is taken on the way to a connection.
final class AddressPool: @unchecked Sendable {
    typealias State = ConnectionPool<ClientConnection>

    let loop: EventLoop
    let address: SocketAddress
    let configuration: HTTPClientConfiguration
    // The configuration's durations in the unit of the loop's clock: they are added to it for every request.
    let headTimeout: UInt64
    let idleReadTimeout: UInt64
    private(set) var state: State
    private var waiting: [UInt64: UnsafeContinuation<Result<State.Grant, HTTPClientError>, Never>] = [:]
    private var isSweeping = false

    init(loop: EventLoop, address: SocketAddress, configuration: HTTPClientConfiguration) {
        self.loop = loop
        self.address = address
        self.configuration = configuration
        headTimeout = configuration.responseHeadTimeout.milliseconds
        idleReadTimeout = configuration.idleReadTimeout.milliseconds
        state = State(limits: configuration.poolLimits)
    }

    // MARK: - Taking a connection

    /// A connection for one request: an idle one, a new one, or the next that becomes free before `deadline`.
    func connection(
        until deadline: UInt64, connectTimeout: Duration, mayReuse: Bool, limits: ConnectionLimits?
    ) async throws(HTTPClientError) -> ClientConnection {
        if let limits { state.limit(connections: limits.connections, waiters: limits.waiters) }
        while true {
            switch state.acquire(now: loop.now, deadline: deadline, mayReuse: mayReuse, isUsable: \.isAlive) {
            case .reuse(let lease): return lease.connection.leased(lease)
            case .discard(let connection): connection.socket.close()
            case .connect: return try await connect(until: deadline, timeout: connectTimeout)
            case .wait(let ticket):
                switch try await wait(ticket) {
                case .lease(let lease): return lease.connection.leased(lease)
                case .connect: return try await connect(until: deadline, timeout: connectTimeout)
                }
            case .exhausted: throw .poolExhausted
            case .shutDown: throw .shutDown
            }
        }
    }

    /// An idle connection that still stands; nil when one must be opened or waited for.
    func idleConnection(until deadline: UInt64) -> ClientConnection? {
        while state.idleCount > 0 {
            switch state.acquire(now: loop.now, deadline: deadline, isUsable: \.isAlive) {
            case .reuse(let lease): return lease.connection.leased(lease)
            case .discard(let connection): connection.socket.close()
            default: return nil
            }
        }
        return nil
    }

    private func connect(until deadline: UInt64, timeout: Duration) async throws(HTTPClientError) -> ClientConnection {
        let left = deadline - min(deadline, loop.now)
        do throws(SocketError) {
            let time = Duration.milliseconds(min(left, timeout.milliseconds))
            let socket = try await Socket.connect(to: address, on: loop, timeout: time)
            let connection = ClientConnection(socket: socket, pool: self)
            return connection.leased(state.connected(connection, now: loop.now))
        } catch {
            apply(state.connectFailed())
            throw Self.clientError(error, address: address, isLate: loop.now >= deadline)
        }
    }

    private static func clientError(_ error: SocketError, address: SocketAddress, isLate: Bool) -> HTTPClientError {
        switch error {
        case .connectionRefused: .connectionRefused(address)
        case .connectTimeout: isLate ? .deadlineExceeded(.connection) : .connectTimeout(address)
        case .connectFailed(_, let code), .exhausted(let code), .system(_, let code):
            .connectFailed(address, code: code)
        case .loopClosed: .shutDown
        default: .connectFailed(address, code: 0)
        }
    }

    private func wait(_ ticket: UInt64) async throws(HTTPClientError) -> State.Grant {
        sweepSoon()
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { waiting[ticket] = $0 }
        } onCancel: {
            loop.execute { self.cancel(ticket) }
        }
        return try result.get()
    }

    private func cancel(_ ticket: UInt64) {
        guard state.cancel(ticket: ticket) else { return }
        waiting.removeValue(forKey: ticket)?.resume(returning: .failure(.cancelled(sent: false)))
    }

    // MARK: - Giving it back

    /// The request on this connection is over. It is kept when both messages were complete and nothing else came.
    func release(_ connection: ClientConnection, reusable: Bool) {
        apply(state.release(connection.lease, reusable: reusable, now: loop.now))
    }

    private func apply(_ freed: State.Freed) {
        freed.close?.socket.close()
        if let parked = freed.parked {
            parked.park()
            sweepSoon()
        }
        if let (ticket, grant) = freed.granted {
            waiting.removeValue(forKey: ticket)?.resume(returning: .success(grant))
        }
    }

    // MARK: - Time and shutdown

    /// Looks for dead, worn-out and expired entries a few times a second, as long as there are any at all.
    private func sweepSoon() {
        guard !isSweeping else { return }
        isSweeping = true
        loop.schedule(after: .milliseconds(250)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        isSweeping = false
        finish(state.expire(now: loop.now, isUsable: \.isAlive), .deadlineExceeded(.connection))
        if state.idleCount > 0 || state.waiterCount > 0 { sweepSoon() }
    }

    /// Closes idle connections and refuses what waits or comes later; running exchanges go on.
    func shutDown() {
        finish(state.shutDown(), .shutDown)
    }

    private func finish(_ expired: State.Expired, _ error: HTTPClientError) {
        for connection in expired.close { connection.socket.close() }
        for ticket in expired.tickets { waiting.removeValue(forKey: ticket)?.resume(returning: .failure(error)) }
    }
}
