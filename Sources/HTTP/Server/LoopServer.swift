import Logging
import Sockets
import Synchronization

/// One server on one loop: its connections and what they share.
///
/// `@unchecked Sendable`: all but the atomic counts is confined to the loop's thread.
final class LoopServer: @unchecked Sendable {
    let loop: EventLoop
    let core: ServerCore
    let date = DateCache()
    let connectionCount = Atomic(0)
    let restingCount = Atomic(0)
    let requestCount = Atomic(0)
    /// Requests of this process under way.
    let callCount = Atomic(0)
    var exchanges: [InProcessExchange] = []

    private var connections: [ServerConnection] = []
    private var spareHeads: [RequestHead] = []

    init(_ loop: EventLoop, _ core: ServerCore) {
        self.loop = loop
        self.core = core
    }

    // MARK: - Accepting

    /// Accepts until the listener is closed. Each connection goes to the one of `servers` that has the fewest.
    func accept(from listener: Listener, for servers: [LoopServer]) async {
        var isExhausted = false
        while true {
            do throws(SocketError) {
                guard let connection = try await listener.accept() else { return }
                if isExhausted { core.logger.notice("accepting connections again") }
                isExhausted = false
                Self.leastBusy(servers).take(connection, from: loop)
            } catch {
                // Out of descriptors: the connection waits in the backlog. Asking again at once would spin.
                if !isExhausted { core.logger.error("not accepting connections", metadata: ["error": "\(error)"]) }
                isExhausted = true
                await loop.sleep(for: .milliseconds(100))
            }
        }
    }

    private static func leastBusy(_ servers: [LoopServer]) -> LoopServer {
        guard servers.count > 1 else { return servers[0] }
        return servers.min {
            $0.connectionCount.load(ordering: .relaxed) < $1.connectionCount.load(ordering: .relaxed)
        } ?? servers[0]
    }

    private func take(_ connection: Listener.Connection, from accepting: EventLoop) {
        core.acceptedConnections.add(1, ordering: .relaxed)
        let open = core.openConnections.add(1, ordering: .relaxed).newValue
        let isRefused = open > core.configuration.maximumConnections
        connectionCount.add(1, ordering: .relaxed)
        if accepting === loop {
            self.open(connection, isRefused: isRefused)
        } else {
            loop.execute { self.open(connection, isRefused: isRefused) }
        }
    }

    private func open(_ connection: Listener.Connection, isRefused: Bool) {
        guard let socket = try? connection.open(on: loop) else { return uncount() }
        let connection = ServerConnection(socket, self)
        connection.slot = connections.count
        connections.append(connection)
        guard isRefused else { return resume(connection) }
        connection.task = loop.spawn {
            await connection.refuseService()
            self.remove(connection)
        }
    }

    /// Gives a connection a Task: a new one, or one that has rested without.
    func resume(_ connection: ServerConnection) {
        connection.task = loop.spawn {
            if await connection.serve() { self.remove(connection) }
        }
    }

    private func remove(_ connection: ServerConnection) {
        connections.swapAt(connection.slot, connections.count - 1)
        connections[connection.slot].slot = connection.slot
        connections.removeLast()
        connection.task = nil
        uncount()
    }

    private func uncount() {
        core.openConnections.subtract(1, ordering: .relaxed)
        connectionCount.subtract(1, ordering: .relaxed)
    }

    // MARK: - Ending

    /// Closes the listener. What waits in its backlog is taken first: it would be reset.
    func stop(_ listener: Listener) {
        while let connection = listener.acceptWaiting() { take(connection, from: loop) }
        listener.close()
    }

    /// Closes the connections on which no request has begun, and tunnels in a moment of quiet.
    /// - Parameter isLate: whether tunnels are ended at once.
    func closeIdle(isLate: Bool) {
        for connection in connections { connection.closeIfIdle(isLate: isLate) }
    }

    /// Closes all connections, whatever they do.
    func closeAll() {
        for connection in connections { connection.cutOff() }
        for exchange in exchanges { exchange.cutOff() }
    }

    // MARK: - Spare heads

    /// Idle connections hold no head; the busy ones of a loop take turns with a few.
    func takeHead() -> RequestHead { spareHeads.popLast() ?? RequestHead() }

    /// Takes a head back unless somebody, a handler's task perhaps, still holds it.
    func giveBack(_ head: inout RequestHead?) {
        guard isKnownUniquelyReferenced(&head), spareHeads.count < 64, let spare = head.take() else {
            head = nil
            return
        }
        spareHeads.append(spare)
    }

    @inline(__always)
    func beginRequest() { requestCount.store(requestCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }

    // The loop alone writes the count, so it needs no atomic addition.
    @inline(__always)
    func endRequest() { requestCount.store(requestCount.load(ordering: .relaxed) &- 1, ordering: .relaxed) }
}
