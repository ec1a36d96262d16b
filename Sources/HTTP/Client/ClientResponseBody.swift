public import HTTPTypes
import Sockets

/// The body of an answer, read as the caller asks for it: nobody asking is the backpressure.
///
/// Where the bytes come from is a subclass: ``ConnectionResponseBody`` reads a socket, ``InProcessResponseBody`` what a
/// handler of this process writes. A class and not a value with a source inside, so that an answer costs one object.
///
/// Let go of before its end, it gives the rest up. Used by one task at a time.
///
/// `@unchecked Sendable`: all state is touched on the loop only; calls from elsewhere hop to it.
public class ClientResponseBody: @unchecked Sendable {
    /// The number of bytes when it is known beforehand, nil for a chunked body or one that ends with the connection.
    public final let knownLength: Int?
    /// The trailer fields of a chunked body, complete after `next` has returned nil. Unlike header fields they are not
    /// to be merged into them (RFC 9110 section 6.5).
    public final internal(set) var trailers: HTTPFields = [:]

    final let loop: EventLoop
    /// See ``ClientResponse/wasReplayed``.
    final var wasReplayed = false
    private(set) final var state = State.reading
    private final var companion: (any AnyObject & Sendable)?

    enum State {
        case reading
        case over
        case failed(HTTPClientError)
    }

    /// The most bytes read at a time.
    static let readSize = 64 << 10

    init(knownLength: Int?, loop: EventLoop) {
        self.knownLength = knownLength
        self.loop = loop
    }

    // MARK: - What a source does, on the loop

    /// The most that ``collect(upTo:)`` accepts when it is given no limit.
    var mostCollected: Int { preconditionFailure("a source's") }

    /// How many bytes are at the front, waiting for the first; 0 at the end.
    func available() async throws(HTTPClientError) -> Int { preconditionFailure("a source's") }

    /// How many bytes are at the front already: 0 at the end, nil when there is nothing to say without waiting.
    func decoded() throws(HTTPClientError) -> Int? { preconditionFailure("a source's") }

    /// A copy of the first `count` bytes, which are there.
    func front(_ count: Int) -> [UInt8] { preconditionFailure("a source's") }

    /// Takes the first `count` bytes, which are there.
    func take(_ count: Int) -> [UInt8] { preconditionFailure("a source's") }

    /// Whether its last byte is here already, as far as that can be told without decoding it. On the loop's thread only.
    public var hasArrived: Bool { preconditionFailure("a source's") }

    /// Ends the exchange under an unfinished body; does nothing behind its end.
    func abort() { preconditionFailure("a source's") }

    /// Carries the bytes behind a 101 to `client` and back until both sides are done.
    /// - Throws: why it ended before.
    func tunnel(to client: TunnelStream) async throws(TunnelError) { throw .upstreamGone }

    // MARK: - State

    /// Whether all of it has been read, or there was none.
    final var isOver: Bool {
        if case .over = state { true } else { false }
    }

    final var isReading: Bool {
        if case .reading = state { true } else { false }
    }

    /// Nothing more will be read.
    final func end() {
        state = .over
        companion = nil
    }

    /// Gives the rest up. Every later call throws the same.
    final func fail(_ error: HTTPClientError) -> HTTPClientError {
        state = .failed(error)
        companion = nil
        abort()
        return error
    }

    /// Keeps `object` until the body is over or given up: whoever counts what is under way puts an end there by its
    /// `deinit`. On the loop's thread only, before the body is read.
    public final func hold(_ object: any AnyObject & Sendable) { companion = object }

    // MARK: - Reading

    /// The next bytes, never empty; nil at the end.
    /// - Throws: `truncatedResponse`, `malformedResponse`, `deadlineExceeded(.body)`, `cancelled`; again on every call.
    public final func next() async throws(HTTPClientError) -> [UInt8]? {
        try await onLoop { () async throws(HTTPClientError) -> [UInt8]? in
            let count = try await self.available()
            return count == 0 ? nil : self.take(count)
        }
    }

    /// All bytes that are still to come.
    /// - Parameter limit: the most to accept; nil is the client's `maximumCollectedBody`.
    /// - Throws: `bodyTooLarge` beyond the limit (the rest is given up), and what `next` throws.
    public final func collect(upTo limit: Int? = nil) async throws(HTTPClientError) -> [UInt8] {
        let most = limit ?? mostCollected
        return try await onLoop { () async throws(HTTPClientError) -> [UInt8] in
            if self.isReading, let known = self.knownLength, known > most {
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
    public final func peek() async throws(HTTPClientError) -> [UInt8] {
        try await onLoop { () async throws(HTTPClientError) -> [UInt8] in
            self.front(try await self.available())
        }
    }

    /// The bytes that have arrived already, without waiting: none when called from another thread than the loop's.
    /// - Throws: `malformedResponse` when broken framing lies behind them.
    final func takeReady() throws(HTTPClientError) -> [UInt8] {
        guard loop.isCurrent, let first = try decoded(), first > 0 else { return [] }
        var bytes = take(first)
        while bytes.count < Self.readSize, let count = try decoded(), count > 0 { bytes += take(count) }
        return bytes
    }

    /// Gives the rest up: the connection is closed, unless the body is over.
    public final func cancel() { loop.execute { self.abort() } }

    private final func onLoop<T: Sendable>(
        _ body: @Sendable () async throws(HTTPClientError) -> T
    ) async throws(HTTPClientError) -> T {
        if loop.isCurrent { return try await body() }
        let result = await loop.run { () async -> Result<T, HTTPClientError> in
            do throws(HTTPClientError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
