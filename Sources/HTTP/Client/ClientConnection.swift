import HTTPTypes
import Sockets

/// One connection to a server, serving one exchange at a time.
///
/// An exchange sends the request, reads the answer's head, and hands the rest to a `ClientResponseBody`, which ends the
/// exchange. `@unchecked Sendable`: confined to its loop's thread.
final class ClientConnection: @unchecked Sendable {
    let socket: Socket
    let pool: AddressPool
    /// The head of the current answer; parsed into again once nobody else holds it.
    private(set) var head = ResponseHead()
    var parser = HeadParser()
    private var openedAt: UInt64 = 0
    private var served = 0
    /// Tells this exchange from the next one on the same connection to whoever comes late (a cancellation).
    private(set) var exchangeNumber: UInt64 = 0
    private(set) var isCancelled = false
    private var sentBefore = 0
    private(set) var answersHead = false
    /// Whether this exchange asks for a WebSocket.
    private(set) var asksForUpgrade = false
    /// Whether the deadline ends with the answer's head.
    private(set) var liftsDeadline = false

    // What `send` and `receiveHead` have achieved in this exchange.
    var requestIsComplete = false
    var headHasArrived = false
    var interimAnswers = 0
    /// How long the answer's head may take, in milliseconds.
    var headTimeout: UInt64 = 0
    /// How long the server may send nothing inside the answer's body, in milliseconds.
    private(set) var idleReadTimeout: UInt64 = 0

    init(socket: Socket, pool: AddressPool) {
        self.socket = socket
        self.pool = pool
    }

    // MARK: - Pool

    /// Notes what the pool says about this connection. The lease itself would be a reference to ourselves.
    func leased(_ lease: AddressPool.State.Lease) -> ClientConnection {
        openedAt = lease.openedAt
        served = lease.served
        return self
    }

    var lease: AddressPool.State.Lease { .init(connection: self, openedAt: openedAt, served: served) }

    /// Whether it has served a request before the current one.
    var isReused: Bool { served > 0 }

    /// Whether an idle connection still stands: no FIN has come, and no byte that nobody asked for.
    var isAlive: Bool {
        if socket.isQuiet { return true }
        // A read that just filled its buffer leaves the socket marked readable: only asking tells.
        return !socket.isClosed && socket.input.isEmpty && socket.fillNow() == nil
    }

    /// Prepares for idleness: no deadline, no buffer.
    func park() {
        socket.readDeadline = .max
        socket.totalDeadline = .max
        socket.releaseBuffers()
        socket.watchWhileIdle()
    }

    /// True when the system took no byte of the current request: the server cannot have seen it.
    var sentNothing: Bool { socket.bytesSent == sentBefore }

    // MARK: - Exchange

    /// Begins an exchange: sends what can be sent without waiting, which is the whole request, usually. After an error
    /// the connection is closed and given back.
    func begin(_ request: ClientRequest, deadline: UInt64) throws(HTTPClientError) {
        reset(for: request, deadline: deadline)
        do throws(HTTPClientError) {
            try sendNow(request)
        } catch {
            end(reusable: false)
            throw error
        }
    }

    /// Sends the rest of the request and reads the answer's head. After an error the connection is closed and given
    /// back.
    func finish(_ request: ClientRequest) async throws(HTTPClientError) -> ClientResponse {
        if !requestIsComplete {
            do throws(HTTPClientError) {
                try await sendRest(of: request)
            } catch {
                end(reusable: false)
                throw error
            }
        }
        return try await receiveAnswer()
    }

    private func reset(for request: ClientRequest, deadline: UInt64) {
        exchangeNumber &+= 1
        isCancelled = false
        requestIsComplete = false
        headHasArrived = false
        interimAnswers = 0
        answersHead = request.method == .head
        sentBefore = socket.bytesSent
        socket.totalDeadline = deadline
        asksForUpgrade = request.upgradesToWebSocket
        headTimeout = request.responseHeadTimeout?.milliseconds ?? pool.headTimeout
        idleReadTimeout = request.idleReadTimeout?.milliseconds ?? pool.idleReadTimeout
        liftsDeadline = request.liftsDeadline
        if liftsDeadline { lift(for: request) } else if socket.writeAllowance != nil { socket.writeAllowance = nil }
        // A response that is still in use keeps its head; the next one gets its own.
        if !isKnownUniquelyReferenced(&head) { head = ResponseHead() }
    }

    /// No deadline while a body is streamed: then the server may only not pause for too long.
    private func lift(for request: ClientRequest) {
        socket.writeAllowance = WriteAllowance(most: idleReadTimeout, minimumRate: 0)
        if !request.body.isInMemory { socket.totalDeadline = .max }
    }

    /// Whether the answer is the start of a tunnel: 101 as it was asked for, and nothing else (RFC 9110 section 7.8).
    var hasSwitched: Bool { head.statusCode == 101 && asksForUpgrade && head.upgradesToWebSocket }

    /// Ends the exchange: the connection goes back to the pool, or is closed.
    func end(reusable: Bool) {
        exchangeNumber &+= 1
        pool.release(self, reusable: reusable && requestIsComplete && !asksForUpgrade && head.keepAlive && isAlive)
    }

    /// Closes the connection under an exchange, unless that exchange is over.
    func abort(_ number: UInt64) {
        guard number == exchangeNumber else { return }
        end(reusable: false)
    }

    func cancel(_ number: UInt64) {
        guard number == exchangeNumber else { return }
        isCancelled = true
        socket.close()
    }

    // MARK: - Waiting

    /// More input. A cancelled task closes the connection, which ends the wait.
    func fill() async -> IOResult {
        if let result = socket.fillNow() { return result }
        let number = exchangeNumber
        return await withTaskCancellationHandler {
            await socket.fill()
        } onCancel: {
            socket.loop.execute { self.cancel(number) }
        }
    }

    func flush() async -> IOResult {
        if let result = socket.flushNow() { return result }
        let number = exchangeNumber
        return await withTaskCancellationHandler {
            await socket.flush()
        } onCancel: {
            socket.loop.execute { self.cancel(number) }
        }
    }

    /// What a read or write that ended with `result` means in `phase`; `closed` is what a lost connection means there.
    func failure(
        _ result: IOResult, _ phase: HTTPClientError.Phase, closed: HTTPClientError
    ) -> HTTPClientError {
        if isCancelled { return .cancelled(sent: !sentNothing) }
        return result == .timedOut ? .deadlineExceeded(phase) : closed
    }
}
