import HTTPTypes
import Sockets

/// The body of an answer that a handler of this process writes.
///
/// `@unchecked Sendable`: as its base class.
final class InProcessResponseBody: ClientResponseBody, @unchecked Sendable {
    private let exchange: InProcessExchange
    private let deadline: UInt64
    private let idleTimeout: UInt64
    private let most: Int
    private var received = 0

    /// - Parameters:
    ///   - deadline: When its last byte must be here, in milliseconds of the loop's clock.
    ///   - idleTimeout: How long the handler may write nothing, in milliseconds.
    init(
        _ exchange: InProcessExchange, _ head: ResponseHead, deadline: UInt64, idleTimeout: UInt64, mostCollected: Int
    ) {
        self.exchange = exchange
        self.deadline = deadline
        self.idleTimeout = idleTimeout
        most = mostCollected
        let length: Int? =
            switch head.framing {
            case .none: 0
            case .length(let count): count
            case .chunked, .untilClose: nil
            }
        super.init(knownLength: length, loop: exchange.loop)
        if length == 0 { end() }
    }

    deinit {
        guard isReading else { return }
        let exchange = exchange
        if loop.isCurrent { exchange.abandon() } else { loop.execute { exchange.abandon() } }
    }

    override var mostCollected: Int { most }

    override var hasArrived: Bool { isOver || exchange.response.state == .ended }

    override func abort() { exchange.abandon() }

    override func available() async throws(HTTPClientError) -> Int {
        while true {
            if let count = try decoded() { return count }
            // Noticed here and not before: what has arrived is read first, as it would be from a connection.
            if exchange.response.state == .broken { throw fail(.truncatedResponse) }
            switch await exchange.wait(until: min(deadline, loop.now &+ idleTimeout)) {
            case .event: continue
            case .late: throw fail(.deadlineExceeded(.body))
            case .cancelled: throw fail(.cancelled(sent: true))
            }
        }
    }

    override func decoded() throws(HTTPClientError) -> Int? {
        switch state {
        case .over: return 0
        case .failed(let error): throw error
        case .reading: break
        }
        if let first = exchange.response.first { return first.count }
        guard exchange.response.state == .ended else { return nil }
        finish()
        return 0
    }

    override func front(_ count: Int) -> [UInt8] { count == 0 ? [] : exchange.response.first ?? [] }

    override func take(_ count: Int) -> [UInt8] {
        let bytes = exchange.takeFirst() ?? []
        received += bytes.count
        // An end that is there already is taken at once, so that the caller need not ask again. What a handler does
        // beyond the announced length is its own mistake.
        if received == knownLength || exchange.response.first == nil && exchange.response.state == .ended { finish() }
        return bytes
    }

    private func finish() {
        end()
        trailers = exchange.response.trailers
    }
}
