import HTTPTypes
import Sockets

extension ServerConnection {
    /// How the writing of an answer ended.
    struct Written {
        var bytes = 0
        var keepsConnection = false
        var isBroken = false
    }

    /// Bodies up to this size are copied behind their head; longer ones are sent from where they are.
    private static let copyLimit = 16 << 10

    /// Puts the answer into the socket's buffer and, as far as it is long or streamed, sends it.
    func write(_ response: Response, to head: RequestHead) async -> Written {
        let framing = ResponseFraming(response, to: head, keepAlive: mayKeep(head))
        ResponseWriter.append(response, framing, id: context, date: server.date.current, to: socket.output)
        let isSilent = head.methodKind == .head || framing.body == .none
        var written = Written(keepsConnection: framing.keepAlive)
        if isSilent { return written }
        switch response.body {
        case .empty: break
        case .bytes(let bytes):
            written.bytes = bytes.count
            if bytes.count <= Self.copyLimit {
                socket.output.append(bytes)
            } else {
                written.isBroken = await socket.flush(followedBy: bytes) != .ready
            }
        case .stream(_, let produce): await stream(produce, framing.body, &written)
        }
        return written
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
