import Sockets

/// Carries bytes between two connections of one loop, both ways, until both sides are done or one has broken.
///
/// Each direction reads no further before its bytes are sent: a slow reader slows the writer down, and memory stays
/// bounded. A side's FIN is handed on while the other direction goes on.
///
/// `@unchecked Sendable`: confined to the loop of its sockets.
final class TunnelRelay: HangUpObserver, @unchecked Sendable {
    private let client: TunnelStream
    private let upstream: TunnelStream
    private var failure: TunnelError?

    init(_ client: TunnelStream, _ upstream: TunnelStream) {
        self.client = client
        self.upstream = upstream
        client.idle = upstream.idle
        upstream.activity = client.activity
        client.partner = upstream
        upstream.partner = client
    }

    /// Runs to the end; afterwards both connections are closed. Returns why it ended early; nil after a good end.
    func run() async -> TunnelError? {
        client.socket.hangUpObserver = self
        upstream.socket.hangUpObserver = self
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.carry(from: self.client, to: self.upstream) }
                group.addTask { await self.carry(from: self.upstream, to: self.client) }
            }
        } onCancel: {
            client.socket.loop.execute { self.fail(.clientGone) }
        }
        client.socket.close()
        upstream.socket.close()
        return client.isEnding ? .drained : failure
    }

    /// One direction.
    private func carry(from source: TunnelStream, to sink: TunnelStream) async {
        while true {
            switch await source.receive() {
            case .ready:
                if !sink.isEnding { sink.socket.output.append(source.socket.input.readable) }
                source.socket.input.removeAll()
                let result = await sink.send()
                guard result == .ready || sink.isEnding else { return fail(of: sink, result) }
                if sink.isEnding { sink.endWriting() }
            case .endOfStream: return sink.endWriting()
            case let result: return fail(of: source, result)
            }
        }
    }

    private func fail(of stream: TunnelStream, _ result: IOResult) {
        if result == .timedOut, stream.socket.output.isEmpty { return fail(.idle) }
        fail(stream === client ? .clientGone : .upstreamGone)
    }

    /// The first failure counts; the other direction has nobody to work for.
    private func fail(_ error: TunnelError) {
        if failure == nil { failure = error }
        client.socket.close()
        upstream.socket.close()
    }

    /// A connection that broke while nobody reads from it, because its last bytes wait for the other side.
    func peerHungUp(isBroken: Bool) {
        guard isBroken else { return }
        client.socket.loop.execute { [self] in
            for stream in [client, upstream] where stream.socket.isBroken { fail(of: stream, .closed) }
        }
    }
}
