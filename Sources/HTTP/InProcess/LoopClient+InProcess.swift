import HTTPTypes
import Sockets

extension LoopClient {
    /// Sends `request` to a server of this process and returns when the answer's head is there.
    nonisolated(nonsending) func call(
        _ request: ClientRequest, at place: InProcessPlace, deadline: UInt64
    ) async throws(HTTPClientError) -> ClientResponse {
        if Task.isCancelled { throw .cancelled(sent: false) }
        if isShutDown { throw .shutDown }
        guard loop.now < deadline else { throw .deadlineExceeded(.connection) }
        guard let server = place.server(on: loop) else { throw .connectionRefused(place.address) }
        guard server.exchanges.count < mostCalls(request.connectionLimits) else { throw .poolExhausted }
        let call = InProcessRequest(request, deadline: deadline, configuration: configuration, loop: loop)
        try call.begin(at: server)
        do throws(HTTPClientError) {
            try await call.sendBody()
            return try await call.answer()
        } catch {
            call.exchange.abandon()
            throw error
        }
    }

    /// Nobody waits for a connection here: as many run at once as would be served or wait.
    private func mostCalls(_ limits: ConnectionLimits?) -> Int {
        (limits?.connections ?? configuration.maximumConnections) + (limits?.waiters ?? configuration.maximumWaiters)
    }
}

/// The caller's side of one exchange until the answer's head is there, with the times that a connection would keep.
struct InProcessRequest {
    let exchange: InProcessExchange
    private let request: ClientRequest
    private let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    /// Until the request is sent, and until the answer's head.
    private let deadline: UInt64
    /// Until the last byte of the answer.
    private let bodyDeadline: UInt64
    private let idleTimeout: UInt64

    init(_ request: ClientRequest, deadline: UInt64, configuration: HTTPClientConfiguration, loop: EventLoop) {
        exchange = InProcessExchange(loop: loop)
        self.request = request
        self.loop = loop
        self.configuration = configuration
        self.deadline = request.liftsDeadline && !request.body.isInMemory ? .max : deadline
        bodyDeadline = request.liftsDeadline ? .max : deadline
        idleTimeout = (request.idleReadTimeout ?? configuration.idleReadTimeout).milliseconds
    }

    /// Hands the head over, and a body that is in memory.
    func begin(at server: LoopServer) throws(HTTPClientError) {
        let wire = ByteBuffer(pool: loop.buffers)
        try RequestHeadWriter.append(request, framing: request.framing, to: wire)
        if case .bytes(let bytes) = request.body { exchange.send(bytes) }
        if request.body.isInMemory { exchange.endRequest() }
        server.serve(wire, on: exchange)
    }

    // MARK: - The request's body

    /// Reads the body and sends it, piece by piece. Returns early when nobody wants the rest.
    nonisolated(nonsending) func sendBody() async throws(HTTPClientError) {
        guard case .stream(let body) = request.body else { return }
        let length = body.knownLength
        var left = length ?? 0
        while let piece = try await next(of: body) {
            if length != nil { left -= piece.count }
            guard left >= 0 else { break }
            guard try await waitForRoom() else { return exchange.breakRequestOff() }
            exchange.send(piece)
        }
        guard left == 0 else { throw .requestBody(BodyLengthMismatch(), sent: true) }
        // Trailers of a forwarded request end here: their names have passed no filter.
        exchange.endRequest(trailers: request.forwarded == nil && length == nil ? body.trailers : .none)
    }

    nonisolated(nonsending) private func next(of body: RequestBody) async throws(HTTPClientError) -> [UInt8]? {
        do {
            return try await body.next()
        } catch {
            throw .requestBody(error, sent: true)
        }
    }

    /// False when there is no point in sending more: the handler is done with the body, or has refused the request.
    nonisolated(nonsending) private func waitForRoom() async throws(HTTPClientError) -> Bool {
        while true {
            if exchange.request.state == .broken { return false }
            if let head = exchange.head, head.statusCode >= 300 { return false }
            if !exchange.request.isFull { return true }
            let pause = request.liftsDeadline ? loop.now &+ idleTimeout : .max
            try await wait(until: min(deadline, pause), .request)
        }
    }

    // MARK: - The answer

    nonisolated(nonsending) func answer() async throws(HTTPClientError) -> ClientResponse {
        let most = (request.responseHeadTimeout ?? configuration.responseHeadTimeout).milliseconds
        let end = min(deadline, loop.now &+ most)
        while exchange.head == nil {
            if let failure = exchange.failure { throw failure }
            try await wait(until: end, .head)
        }
        guard let head = exchange.head else { throw .truncatedResponse }
        let body = InProcessResponseBody(
            exchange, head, deadline: bodyDeadline, idleTimeout: idleTimeout,
            mostCollected: configuration.maximumCollectedBody)
        return ClientResponse(head: head, body: body)
    }

    nonisolated(nonsending) private func wait(
        until end: UInt64, _ phase: HTTPClientError.Phase
    ) async throws(HTTPClientError) {
        switch await exchange.wait(until: end) {
        case .event: return
        case .late: throw .deadlineExceeded(phase)
        case .cancelled: throw .cancelled(sent: true)
        }
    }
}
