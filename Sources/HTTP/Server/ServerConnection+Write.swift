import HTTPTypes
import Sockets

extension ServerConnection {
    /// How far the writing of an answer has come.
    struct Written {
        var bytes = 0
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
        }
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
            if context.reason == nil { context.reason = "\(error)" }
            written.isBroken = true
        }
        written.bytes = sink.sent
    }
}
