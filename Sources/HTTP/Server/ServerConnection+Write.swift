import HTTPTypes
import Sockets

extension ServerConnection {
    /// How far the writing of an answer has come.
    struct Written {
        var bytes = 0
        /// Bytes from the client in a tunnel.
        var received = 0
        var keepsConnection = false
        var isBroken = false
        /// The head is in the buffer, the body is still to follow.
        var isUnfinished = false
        var framing = BodyFraming.none
    }

    /// Bodies up to this size are copied behind their head; longer ones are sent from where they are.
    private static let copyLimit = 16 << 10

    /// Puts the answer into the socket's buffer: all of an ordinary one, the head of a long or streamed one.
    @inline(__always)
    func append(_ response: Response, to head: RequestHead) -> Written {
        let framing = ResponseFraming(response, to: head, keepAlive: mayKeep(head))
        ResponseWriter.append(response, framing, id: context, date: server.date.current, to: socket.output)
        var written = Written(keepsConnection: framing.keepAlive, framing: framing.body)
        if framing.upgrades {
            written.isUnfinished = true
            return written
        }
        if head.methodKind == .head || framing.body == .none { return written }
        switch response.body {
        case .empty: break
        case .bytes(let bytes) where bytes.count <= Self.copyLimit:
            socket.output.append(bytes)
            written.bytes = bytes.count
        default: written.isUnfinished = true
        }
        return written
    }

    /// Sends the body that `append` left out.
    func finish(_ response: Response, _ written: inout Written) async {
        switch response.body {
        case .empty: break
        case .bytes(let bytes):
            written.bytes = bytes.count
            written.isBroken = await socket.flush(followedBy: bytes) != .ready
        case .stream(_, let produce): await stream(produce, written.framing, &written)
        case .tunnel(let serve): await open(serve, &written)
        }
    }

    /// Sends the head of the answer that switches protocols and hands the connection over. It is closed afterwards.
    private func open(_ serve: @Sendable (TunnelStream) async throws -> Void, _ written: inout Written) async {
        guard await socket.flush() == .ready else {
            written.isBroken = true
            return
        }
        let (received, sent) = (socket.bytesReceived - socket.input.count, socket.bytesSent)
        let tunnel = TunnelStream(socket, idle: core.times.idle)
        self.tunnel = tunnel
        do {
            try await serve(tunnel)
        } catch {
            if context.reason == nil { context.reason = "\(error)" }
            if case TunnelError.drained = error {} else { written.isBroken = true }
        }
        self.tunnel = nil
        written.received = socket.bytesReceived - received
        written.bytes = socket.bytesSent - sent
        socket.close()
    }

    private func stream(
        _ produce: @Sendable (BodyWriter) async throws -> Void, _ framing: BodyFraming, _ written: inout Written
    ) async {
        let sink = ServerResponseSink(socket, framing)
        // The head goes out at once even if the body's first bytes are long in coming: events, for instance.
        flushAtEndOfTurn()
        do {
            try await produce(BodyWriter(sink))
            try await sink.finish()
        } catch {
            // The status has been sent: all that is left to say is that the body is incomplete, by closing.
            if context.reason == nil { context.reason = (error as? HTTPClientError)?.code ?? "\(error)" }
            written.isBroken = true
        }
        written.bytes = sink.sent
    }
}
