import HTTPTypes
import Sockets

/// The body of an answer that comes over a connection.
///
/// Read to its end, the connection goes back to the pool. Let go of earlier, or after an error, the connection is
/// closed.
///
/// `@unchecked Sendable`: as its base class.
final class ConnectionResponseBody: ClientResponseBody, @unchecked Sendable {
    private let connection: ClientConnection
    private let exchange: UInt64
    private var decoder: BodyDecoder
    /// Body bytes at the front of the connection's input, found by the decoder and not yet taken.
    private var pending = 0
    private var received = 0

    /// Takes over the connection's exchange from behind the head.
    init(connection: ClientConnection) {
        self.connection = connection
        exchange = connection.exchangeNumber
        // Behind a 101 everything belongs to the other protocol.
        let framing = connection.hasSwitched ? .untilClose : connection.head.framing
        decoder = BodyDecoder(framing)
        let length: Int? =
            switch framing {
            case .none: 0
            case .length(let count): count
            case .chunked, .untilClose: nil
            }
        super.init(knownLength: length, loop: connection.socket.loop)
        if length == 0 { finish() }
    }

    deinit {
        guard isReading else { return }
        let (connection, exchange) = (connection, exchange)
        if loop.isCurrent { connection.abort(exchange) } else { loop.execute { connection.abort(exchange) } }
    }

    override var mostCollected: Int { connection.pool.configuration.maximumCollectedBody }

    override var hasArrived: Bool {
        if isOver { return true }
        guard let knownLength else { return false }
        return connection.socket.input.count >= knownLength
    }

    override func abort() { connection.abort(exchange) }

    // MARK: - Decoding

    override func available() async throws(HTTPClientError) -> Int {
        while true {
            if let count = try decoded() { return count }
            connection.socket.readDeadline = loop.now &+ connection.idleReadTimeout
            // A long body is read in large pieces; a small one comes with what the socket reserves by itself.
            if received > BufferPool.blockSize { connection.socket.input.reserve(Self.readSize) }
            let result = await connection.fill()
            if result == .ready { continue }
            if result == .endOfStream, (try? decoder.endOfInput()) != nil {
                finish()
                return 0
            }
            throw fail(connection.failure(result, .body, closed: .truncatedResponse))
        }
    }

    override func decoded() throws(HTTPClientError) -> Int? {
        switch state {
        case .over: return 0
        case .failed(let error): throw error
        case .reading: break
        }
        if pending > 0 { return pending }
        let input = connection.socket.input
        switch decoder.next(input.readable) {
        case .needMore(let count):
            input.consume(count)
            return nil
        case .data(let skip, let count):
            input.consume(skip)
            pending = count
            return count
        case .end(let count):
            input.consume(count)
            finish()
            return 0
        case .failed(let error): throw fail(.malformedResponse(error.detail))
        }
    }

    override func front(_ count: Int) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: connection.socket.input.readPointer, count: count))
    }

    override func take(_ count: Int) -> [UInt8] {
        let bytes = front(count)
        connection.socket.input.consume(count)
        pending -= count
        received &+= count
        // An end that is there already is taken at once: the connection is free before the caller asks again. An error
        // is kept for the next call.
        if pending == 0 { _ = try? decoded() }
        return bytes
    }

    private func finish() {
        end()
        trailers = decoder.trailers
        connection.end(reusable: true)
    }

    // MARK: - Tunnels

    override func tunnel(to client: TunnelStream) async throws(TunnelError) {
        guard isReading, connection.hasSwitched else { throw .upstreamGone }
        let upstream = TunnelStream(connection.socket, idle: connection.idleReadTimeout)
        connection.socket.readDeadline = .max
        connection.socket.writeAllowance = WriteAllowance(most: connection.idleReadTimeout, minimumRate: 0)
        let failure = await TunnelRelay(client, upstream).run()
        end()
        abort()
        if let failure { throw failure }
    }
}
