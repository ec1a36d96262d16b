import HTTPTypes
import Sockets
import Synchronization

/// One connection: a Task that reads requests and answers them in order until either side closes.
///
/// A connection that rests for long has no Task: what the deepest handler needed of memory would stay with it.
///
/// `@unchecked Sendable`: confined to the loop of its socket.
final class ServerConnection: @unchecked Sendable {
    let socket: Socket
    let server: LoopServer
    /// Where the loop's list of connections has it.
    var slot = 0

    /// The head of the request under way; nil while none is.
    var head: RequestHead?
    var context: RequestContext
    /// The body of the request under way, when it has one.
    var body: ServerRequestBody?
    /// The task that serves it, to be cancelled when the client goes away.
    var task: Task<Void, Never>?
    /// True from a request's head to the last byte of its answer.
    private(set) var isAnswering = false
    /// Whether the client went away before its answer was complete.
    var hasLost = false
    /// When to decide whether a client that said good-bye is gone.
    var departure: TimerToken?
    /// The tunnel that the connection has become.
    var tunnel: TunnelStream?
    private var parser: HeadParser
    private let born: UInt64
    private var isIdle = false
    /// When an idle connection is closed, in milliseconds of the loop's time.
    private var idleDeadline: UInt64 = 0
    private var hasBegunHead = false

    /// How the work on the bytes received so far ended.
    private enum Progress {
        /// More bytes are needed.
        case waiting
        /// The last answer is in the buffer.
        case last
        /// The connection is unusable.
        case broken
    }

    /// Answers to pipelined requests are collected up to this many bytes before they are sent.
    private static let outputLimit = 64 << 10

    init(_ socket: Socket, _ server: LoopServer) {
        self.socket = socket
        self.server = server
        parser = HeadParser(limits: server.core.configuration.headLimits)
        context = RequestContext(head: nil, peer: socket.peer, loop: socket.loop)
        born = socket.loop.now
    }

    var core: ServerCore { server.core }
    var isDraining: Bool { core.isDraining.load(ordering: .relaxed) }

    // MARK: - Serving

    /// Serves the connection to its end, or until it rests for long. False in the second case: the server is then told to
    /// `resume` it.
    func serve() async -> Bool {
        if !isIdle { begin() }
        while true {
            // `fill()` without its call: every call of an async function costs two switches of the executor.
            var filled = socket.fillNow()
            while filled == nil {
                await socket.waitReadable()
                filled = socket.fillNow()
            }
            let result = filled.unsafelyUnwrapped
            if result == .timedOut, mayGoOnResting {
                if giveUpTask() { return false }
                continue
            }
            guard result == .ready else {
                if result == .timedOut, !socket.input.isEmpty { await refuse(.requestTimeout) }
                break
            }
            isIdle = false
            let progress = await answerReceived()
            if progress == .broken { break }
            let sent = if let done = socket.flushNow() { done } else { await socket.flush() }
            if sent == .ready, progress == .waiting {
                if socket.input.isEmpty { rest() }
                continue
            }
            if sent == .ready { await closeOrderly() }
            break
        }
        socket.close()
        rest()
        return true
    }

    private func begin() {
        socket.writeAllowance = core.times.write
        socket.hangUpObserver = self
        rest()
    }

    /// Waits for the next request, holding nothing that another connection could use meanwhile.
    private func rest() {
        isIdle = true
        idleDeadline = socket.loop.now &+ core.times.idle
        socket.readDeadline = min(idleDeadline, socket.loop.now &+ core.times.taskRetention)
        socket.writeAllowance?.renew()
        if head != nil { server.giveBack(&head) }
        socket.releaseBuffers()
    }

    private var mayGoOnResting: Bool { isIdle && socket.loop.now < idleDeadline }

    /// Leaves the rest of the waiting to the socket. False when there is something to read already.
    private func giveUpTask() -> Bool {
        socket.readDeadline = idleDeadline
        if socket.mayRead { return false }
        task = nil
        server.restingCount.add(1, ordering: .relaxed)
        socket.notifyReadable(self)
        return true
    }

    /// Answers every request that has arrived whole.
    nonisolated(nonsending) private func answerReceived() async -> Progress {
        while !socket.input.isEmpty {
            let head = cleanHead()
            switch parser.parse(socket.input.readable, into: head) {
            case .incomplete:
                beginHead()
                return .waiting
            case .failed(let error):
                await refuse(error.problem, reason: error.reason)
                return .broken
            case .complete(let count):
                socket.input.consume(count)
                hasBegunHead = false
                let progress = await answer(head)
                if progress != .waiting { return progress }
            }
            if socket.output.count > Self.outputLimit, await socket.flush() != .ready { return .broken }
        }
        return .waiting
    }

    /// Starts the time that a head may take, at its first bytes.
    private func beginHead() {
        if hasBegunHead { return }
        hasBegunHead = true
        socket.readDeadline = socket.loop.now &+ core.times.head
    }

    /// A head to parse into: the last one, unless somebody kept it.
    @inline(__always)
    private func cleanHead() -> RequestHead {
        if head == nil || !isKnownUniquelyReferenced(&head) { head = server.takeHead() }
        return head.unsafelyUnwrapped
    }

    /// Closes so that the peer reads the last answer, whatever it is still sending.
    private func closeOrderly() async {
        let mayStillSend = body?.isComplete == false || !socket.input.isEmpty
        if mayStillSend {
            await socket.closeLingering(for: core.configuration.lingerTimeout)
        }
    }

    // MARK: - One request

    nonisolated(nonsending) private func answer(_ head: RequestHead) async -> Progress {
        let started = begin(head)
        let request = Request(head: head, body: RequestBody(body), context: context)
        var response: Response
        do {
            response = try await core.handler(request)
        } catch let abandoned as AbandonedExchange {
            if context.reason == nil { context.reason = "\(abandoned)" }
            // Nothing was sent; whoever counts failures is to count this one.
            return end(head, .internalServerError, Written(isBroken: true), started)
        } catch {
            response = context.response(to: error, bodyFailure: body?.failureReason)
        }
        if hasLost { return end(head, .clientClosedRequest, Written(isBroken: true), started) }
        if response.status.code == 101, !response.mayAnswer(upgrade: head) {
            response = context.response(to: UnaskedUpgrade(), bodyFailure: body?.failureReason)
        }
        var written = append(response, to: head)
        if written.isUnfinished { await finish(response, &written) }
        return end(head, response.status, written, started)
    }

    /// Returns the time, in nanoseconds, where somebody wants to know durations.
    @inline(__always)
    private func begin(_ head: RequestHead) -> UInt64 {
        if !isKnownUniquelyReferenced(&context) {
            context = RequestContext(head: head, peer: socket.peer, loop: socket.loop)
        } else {
            context.begin(head)
        }
        body = head.framing == .none ? nil : ServerRequestBody(socket, head, core)
        server.beginRequest()
        isAnswering = true
        socket.watchWhileIdle()
        if socket.hasHungUp { expectDeparture() }
        // Answers to earlier requests do not wait for a handler that takes its time.
        if !socket.output.isEmpty { flushAtEndOfTurn() }
        guard let observer = core.observer else {
            context.arrivedAt = 0
            return 0
        }
        context.arrivedAt = CoarseClock.nanoseconds()
        observer.began(context)
        return context.arrivedAt
    }

    @inline(__always)
    private func end(
        _ head: RequestHead, _ status: HTTPResponse.Status, _ written: Written, _ started: UInt64
    ) -> Progress {
        server.endRequest()
        isAnswering = false
        if let departure { forget(departure) }
        if hasLost { context.reason = "client_gone" }
        body?.detach()
        core.observer?.completed(
            CompletedExchange(
                head: head, context: context, status: status, bytesReceived: body?.received ?? written.received,
                bytesSent: written.bytes, nanoseconds: CoarseClock.nanoseconds() &- started,
                isTruncated: written.isBroken))
        context.reset(head: nil)
        if written.isBroken { return .broken }
        return written.keepsConnection ? .waiting : .last
    }

    private func forget(_ departure: TimerToken) {
        socket.loop.cancel(departure)
        self.departure = nil
    }

    /// Whether the connection may serve another request after this one.
    func mayKeep(_ head: RequestHead) -> Bool {
        guard head.keepAlive, !isDraining, !socket.isClosed else { return false }
        guard body == nil || body?.skipBuffered() == true else { return false }
        return socket.loop.now &- born < core.times.lifetime
    }

    /// Sends what is in the buffer before the loop sleeps, unless it has left by then.
    func flushAtEndOfTurn() {
        socket.loop.execute { [socket] in _ = socket.flushNow() }
    }

    // MARK: - Refusing

    /// Answers what cannot be read, and closes.
    private func refuse(_ problem: Problem, reason: String? = nil) async {
        socket.readDeadline = .max
        context.reset(head: nil)
        context.reason = reason ?? problem.code
        let response = problem.response(instance: context.id, traceID: context.traceparent.traceIDText)
        ResponseWriter.append(
            response, ResponseFraming(closing: response), id: context, date: server.date.current, to: socket.output)
        if case .bytes(let bytes) = response.body { socket.output.append(bytes) }
        let result = await socket.flush()
        core.observer?.completed(
            CompletedExchange(
                head: nil, context: context, status: response.status, bytesReceived: 0,
                bytesSent: response.body.knownLength ?? 0, nanoseconds: 0, isTruncated: result != .ready))
        if result == .ready { await socket.closeLingering(for: core.configuration.lingerTimeout) }
    }

    /// Answers 503 without reading: there are too many connections.
    func refuseService() async {
        core.refusedConnections.add(1, ordering: .relaxed)
        socket.writeAllowance = core.times.write
        await refuse(.tooManyConnections)
        socket.close()
    }

    /// Closes the connection if no request has begun and none has arrived; a tunnel is ended in a moment of quiet.
    /// - Parameter isLate: whether tunnels are ended at once.
    func closeIfIdle(isLate: Bool) {
        if isIdle, socket.isQuiet { return socket.close() }
        tunnel?.end(isLate: isLate, linger: core.times.linger)
    }
}

extension ServerConnection: ReadObserver {
    func socketIsReadable() {
        server.restingCount.subtract(1, ordering: .relaxed)
        server.resume(self)
    }
}

extension Problem {
    static let requestTimeout = Problem(
        .requestTimeout, "request_timeout", detail: "The request did not arrive in time.")
    static let tooManyConnections = Problem(
        .serviceUnavailable, "too_many_connections", detail: "The server has as many connections as it takes.",
        fields: [.retryAfter: "1"])
}
