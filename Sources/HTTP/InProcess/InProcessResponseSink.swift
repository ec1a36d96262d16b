import HTTPTypes

/// A streamed answer's way to a caller in this process.
///
/// `@unchecked Sendable`: used by the handler's task alone, on the loop of its exchange.
final class InProcessResponseSink: ResponseBodySink, @unchecked Sendable {
    private let exchange: InProcessExchange
    private let length: Int?
    private var trailers: HTTPFields = .none
    /// Bytes of body so far.
    private(set) var sent = 0

    /// - Parameter length: How many bytes were announced.
    init(_ exchange: InProcessExchange, length: Int?) {
        self.exchange = exchange
        self.length = length
    }

    func write(_ bytes: [UInt8]) async throws {
        if let length, sent + bytes.count > length { throw ResponseStreamError.moreThanAnnounced }
        guard await exchange.hasRoom() else { throw ResponseStreamError.peerGone }
        sent += bytes.count
        exchange.write(bytes)
    }

    /// Nothing is kept back.
    func flush() async throws {
        if exchange.isAbandoned { throw ResponseStreamError.peerGone }
    }

    func setTrailers(_ fields: HTTPFields) { trailers = fields }

    /// Ends the body.
    func finish() throws {
        if let length, sent < length { throw ResponseStreamError.lessThanAnnounced }
        if exchange.isAbandoned { throw ResponseStreamError.peerGone }
        exchange.endResponse(trailers: length == nil ? trailers : .none)
    }
}
