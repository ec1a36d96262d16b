public import HTTPTypes
import Sockets

/// The body of an answer, read from the connection as the caller asks for it: nobody asking is the backpressure.
///
/// Read to its end, the connection goes back to the pool. Let go of earlier, or after an error, the connection is
/// closed. Used by one task at a time.
///
/// `@unchecked Sendable`: all state is touched on the connection's loop only; calls from elsewhere hop to it.
public final class ClientResponseBody: @unchecked Sendable {
    /// The number of bytes when it is known beforehand, nil for a chunked body or one that ends with the connection.
    public let knownLength: Int?
    /// The trailer fields of a chunked body, complete after `next` has returned nil. Unlike header fields they are not
    /// to be merged into them (RFC 9110 section 6.5).
    public private(set) var trailers: HTTPFields = [:]

    private let connection: ClientConnection
    private let exchange: UInt64
    private var state = State.reading
    private var decoder: BodyDecoder
    /// Body bytes at the front of the connection's input, found by the decoder and not yet taken.
    private var pending = 0
    private var received = 0
    private var companion: (any AnyObject & Sendable)?
    /// See ``ClientResponse/wasReplayed``.
    var wasReplayed = false

    private enum State {
        case reading
        case over
        case failed(HTTPClientError)
    }

    /// The most bytes read at a time.
    static let readSize = 64 << 10

    /// Takes over the connection's exchange from behind the head.
    init(connection: ClientConnection) {
        self.connection = connection
        exchange = connection.exchangeNumber
        // Behind a 101 everything belongs to the other protocol.
        let framing = connection.hasSwitched ? .untilClose : connection.head.framing
        decoder = BodyDecoder(framing)
        switch framing {
        case .none: knownLength = 0
        case .length(let count): knownLength = count
        case .chunked, .untilClose: knownLength = nil
        }
        if knownLength == 0 { finish() }
    }

    deinit {
        guard case .reading = state else { return }
        let (connection, exchange, loop) = (connection, exchange, connection.socket.loop)
        if loop.isCurrent { connection.abort(exchange) } else { loop.execute { connection.abort(exchange) } }
    }

    /// Whether all of it has been read, or there was none.
    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Whether its last byte is here already, as far as that can be told without decoding it. On the loop's thread only.
    public var hasArrived: Bool {
        if isOver { return true }
        guard let knownLength else { return false }
        return connection.socket.input.count >= knownLength
    }

    /// Keeps `object` until the body is over or given up: whoever counts what is under way puts an end there by its
    /// `deinit`. On the loop's thread only, before the body is read.
    public func hold(_ object: any AnyObject & Sendable) { companion = object }

    // MARK: - Reading

    /// The next bytes, never empty; nil at the end.
    /// - Throws: `truncatedResponse`, `malformedResponse`, `deadlineExceeded(.body)`, `cancelled`; again on every call.
    public func next() async throws(HTTPClientError) -> [UInt8]? {
        try await onLoop { () async throws(HTTPClientError) -> [UInt8]? in
            let count = try await self.available()
            return count == 0 ? nil : self.take(count)
        }
    }

    /// All bytes that are still to come.
    /// - Parameter limit: the most to accept; nil is the client's `maximumCollectedBody`.
    /// - Throws: `bodyTooLarge` beyond the limit (the connection is closed), and what `next` throws.
    public func collect(upTo limit: Int? = nil) async throws(HTTPClientError) -> [UInt8] {
        let most = limit ?? connection.pool.configuration.maximumCollectedBody
        return try await onLoop { () async throws(HTTPClientError) -> [UInt8] in
            if case .reading = self.state, let known = self.knownLength, known > most {
                throw self.fail(.bodyTooLarge(limit: most))
            }
            var bytes: [UInt8] = []
            while case let count = try await self.available(), count > 0 {
                if count > most - bytes.count { throw self.fail(.bodyTooLarge(limit: most)) }
                bytes += self.take(count)
            }
            return bytes
        }
    }

    /// The next bytes, left where they are: reading begins with them. At most as many as have arrived; empty at the end.
    /// - Throws: what `next` throws.
    public func peek() async throws(HTTPClientError) -> [UInt8] {
        try await onLoop { () async throws(HTTPClientError) -> [UInt8] in
            let count = try await self.available()
            return [UInt8](UnsafeRawBufferPointer(start: self.connection.socket.input.readPointer, count: count))
        }
    }

    /// Gives the rest up: the connection is closed, unless the body is over.
    public func cancel() {
        let (connection, exchange) = (connection, exchange)
        connection.socket.loop.execute { connection.abort(exchange) }
    }

    private func onLoop<T: Sendable>(
        _ body: @Sendable () async throws(HTTPClientError) -> T
    ) async throws(HTTPClientError) -> T {
        if connection.socket.loop.isCurrent { return try await body() }
        let result = await connection.socket.loop.run { () async -> Result<T, HTTPClientError> in
            do throws(HTTPClientError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    // MARK: - Decoding, on the loop

    /// How many body bytes lie at the front of the connection's input, waiting for the first; 0 at the end.
    func available() async throws(HTTPClientError) -> Int {
        while true {
            if let count = try decoded() { return count }
            connection.socket.readDeadline = connection.socket.loop.now &+ connection.idleReadTimeout
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

    /// What the input holds already: a count of body bytes, 0 at the end, nil when more input is needed.
    func decoded() throws(HTTPClientError) -> Int? {
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

    /// The bytes that have arrived already, without waiting: none when called from another thread than the loop's.
    /// - Throws: `malformedResponse` when broken framing lies behind them.
    func takeReady() throws(HTTPClientError) -> [UInt8] {
        guard connection.socket.loop.isCurrent, let first = try decoded(), first > 0 else { return [] }
        var bytes = take(first)
        while bytes.count < Self.readSize, let count = try decoded(), count > 0 { bytes += take(count) }
        return bytes
    }

    private func take(_ count: Int) -> [UInt8] {
        let bytes = [UInt8](UnsafeRawBufferPointer(start: connection.socket.input.readPointer, count: count))
        consume(count)
        return bytes
    }

    private func consume(_ count: Int) {
        connection.socket.input.consume(count)
        pending -= count
        received &+= count
        // An end that is there already is taken at once: the connection is free before the caller asks again. An error
        // is kept for the next call.
        if pending == 0 { _ = try? decoded() }
    }

    /// Carries the bytes behind a 101 to `client` and back until both sides are done.
    /// - Throws: why it ended before.
    func tunnel(to client: TunnelStream) async throws(TunnelError) {
        guard case .reading = state, connection.hasSwitched else { throw .upstreamGone }
        let upstream = TunnelStream(connection.socket, idle: connection.idleReadTimeout)
        connection.socket.readDeadline = .max
        connection.socket.writeAllowance = WriteAllowance(most: connection.idleReadTimeout, minimumRate: 0)
        let end = await TunnelRelay(client, upstream).run()
        state = .over
        companion = nil
        connection.abort(exchange)
        if let end { throw end }
    }

    private func finish() {
        state = .over
        companion = nil
        trailers = decoder.trailers
        connection.end(reusable: true)
    }

    private func fail(_ error: HTTPClientError) -> HTTPClientError {
        state = .failed(error)
        companion = nil
        connection.abort(exchange)
        return error
    }
}
