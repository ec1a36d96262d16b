import HTTPTypes

/// The body of a request that comes from this process.
///
/// `@unchecked Sendable`: used by the handler's task alone, on the loop of its exchange.
final class InProcessRequestBody: RequestBodySource, @unchecked Sendable {
    let knownLength: Int?
    var limit: Int
    /// Bytes of body so far.
    private(set) var received = 0
    /// Why the body could not be read, for the log: a stable word.
    private(set) var failureReason: String?
    private let exchange: InProcessExchange
    private var failure: Problem?
    private var isDetached = false

    init(_ exchange: InProcessExchange, knownLength: Int?, limit: Int) {
        self.exchange = exchange
        self.knownLength = knownLength
        self.limit = limit
    }

    var trailers: HTTPFields { exchange.request.trailers }

    func next() async throws -> [UInt8]? {
        if let failure { throw failure }
        if isDetached { throw Problem.bodyDetached }
        if let knownLength, knownLength > limit { throw fail(.bodyTooLarge(limit: limit)) }
        guard let piece = await exchange.nextOfRequest() else {
            if exchange.request.state == .ended { return nil }
            throw fail(.bodyCutOff, reason: "body_cut_off")
        }
        received += piece.count
        if received > limit { throw fail(.bodyTooLarge(limit: limit)) }
        return piece
    }

    /// Ends the body's access to the exchange, whoever kept it.
    func detach() { isDetached = true }

    private func fail(_ problem: Problem, reason: String? = nil) -> Problem {
        failure = problem
        failureReason = reason ?? problem.code
        return problem
    }
}
