import HTTPTypes
import Sockets

/// The server's side of one exchange: does for a request of this process what `ServerConnection` does for one that came
/// over a socket, with the same handler, observer, limits and answers to errors.
///
/// `@unchecked Sendable`: confined to the loop of its exchange.
final class InProcessCall: @unchecked Sendable {
    private let server: LoopServer
    private let exchange: InProcessExchange
    private let context: RequestContext
    private var head: RequestHead?
    private let body: InProcessRequestBody?
    private var sent = 0

    /// - Parameter head: nil for one that could not be read.
    init(_ server: LoopServer, _ exchange: InProcessExchange, head: RequestHead?) {
        self.server = server
        self.exchange = exchange
        self.head = head
        context = RequestContext(head: head, peer: .loopback(port: 0), loop: server.loop)
        let length: Int?
        switch head?.framing ?? .none {
        case .none:
            body = nil
            return
        case .length(let count): length = count
        case .chunked, .untilClose: length = nil
        }
        body = InProcessRequestBody(exchange, knownLength: length, limit: server.core.configuration.bodyLimit)
    }

    /// Runs the handler and writes its answer.
    func run() async {
        guard let head else { return }
        let started = begin()
        guard let response = await answer(head) else {
            exchange.cutOff()
            return end(.internalServerError, isTruncated: true, started)
        }
        if exchange.isAbandoned { return end(.clientClosedRequest, isTruncated: true, started) }
        let isBroken = await write(response, to: head)
        end(response.status, isTruncated: isBroken, started)
    }

    /// Answers what cannot be read.
    func refuse(_ error: MessageError) {
        context.reason = error.reason
        let response = error.problem.response(instance: context.id, traceID: context.traceparent.traceIDText)
        if let head = responseHead(response, ResponseFraming(closing: response), answersHead: false) {
            exchange.answer(head)
            if case .bytes(let bytes) = response.body { put(bytes) }
        }
        server.core.observer?.completed(
            CompletedExchange(
                head: nil, context: context, status: response.status, bytesReceived: 0, bytesSent: sent,
                nanoseconds: 0, isTruncated: false))
    }

    // MARK: - Beginning and end

    /// Returns the time, in nanoseconds, where somebody wants to know durations.
    private func begin() -> UInt64 {
        server.beginRequest()
        guard let observer = server.core.observer else { return 0 }
        context.arrivedAt = CoarseClock.nanoseconds()
        observer.began(context)
        return context.arrivedAt
    }

    private func end(_ status: HTTPResponse.Status, isTruncated: Bool, _ started: UInt64) {
        server.endRequest()
        if exchange.isAbandoned { context.reason = "client_gone" }
        body?.detach()
        exchange.closeRequest()
        if let head {
            server.core.observer?.completed(
                CompletedExchange(
                    head: head, context: context, status: status, bytesReceived: body?.received ?? 0,
                    bytesSent: sent, nanoseconds: CoarseClock.nanoseconds() &- started, isTruncated: isTruncated))
        }
        context.reset(head: nil)
        server.giveBack(&head)
    }

    // MARK: - The answer

    /// Nil when there is to be none.
    private func answer(_ head: RequestHead) async -> Response? {
        do {
            let response = try await server.core.handler(
                Request(head: head, body: RequestBody(body), context: context))
            guard response.status.code == 101 else { return response }
            // There is no connection to hand over.
            if response.mayAnswer(upgrade: head) { throw Problem.upgradeWithinProcess }
            throw UnaskedUpgrade()
        } catch let abandoned as AbandonedExchange {
            if context.reason == nil { context.reason = "\(abandoned)" }
            return nil
        } catch {
            return context.response(to: error, bodyFailure: body?.failureReason)
        }
    }

    /// Returns whether the answer broke off.
    private func write(_ response: Response, to head: RequestHead) async -> Bool {
        let framing = ResponseFraming(response, to: head, keepAlive: true)
        let answersHead = head.methodKind == .head
        guard let answer = responseHead(response, framing, answersHead: answersHead) else { return true }
        exchange.answer(answer)
        if exchange.failure != nil { return true }
        if answersHead || framing.body == .none {
            exchange.endResponse()
            return false
        }
        switch response.body {
        case .empty, .tunnel: exchange.endResponse()
        case .bytes(let bytes): put(bytes)
        case .stream(let length, let produce): return await stream(produce, length: length)
        }
        return false
    }

    private func put(_ bytes: [UInt8]) {
        sent = bytes.count
        exchange.write(bytes)
        exchange.endResponse()
    }

    private func stream(_ produce: @Sendable (BodyWriter) async throws -> Void, length: Int?) async -> Bool {
        let sink = InProcessResponseSink(exchange, length: length)
        defer { sent = sink.sent }
        do {
            try await produce(BodyWriter(sink))
            try sink.finish()
            return false
        } catch {
            if context.reason == nil { context.reason = (error as? HTTPClientError)?.code ?? "\(error)" }
            exchange.cutOff()
            return true
        }
    }

    /// The head as it would arrive: written and parsed, so that the caller sees neither more nor less than from elsewhere.
    /// Nil when it is no head; the exchange then has failed.
    private func responseHead(
        _ response: Response, _ framing: ResponseFraming, answersHead: Bool
    ) -> ResponseHead? {
        let wire = ByteBuffer(pool: server.loop.buffers)
        ResponseWriter.append(response, framing, id: context, date: server.date.current, to: wire)
        let head = ResponseHead()
        var parser = HeadParser()
        switch parser.parse(wire.readable, into: head, answersHead: answersHead) {
        case .complete: return head
        case .failed(let error): exchange.cutOff(.malformedResponse(error.detail))
        case .incomplete: exchange.cutOff(.truncatedResponse)
        }
        return nil
    }
}

extension Problem {
    /// 501: a handler would switch protocols, and there is no connection to hand over.
    static let upgradeWithinProcess = Problem(
        .notImplemented, "upgrade_not_possible",
        detail: "The service shares its caller's process: no WebSocket leads there.")
}
