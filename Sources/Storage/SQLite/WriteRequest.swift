import Spans

/// One queued write: its body, and later its outcome, for the task that waits.
class WriteRequest {
    /// When it was made, to be queued at once; monotonic nanoseconds.
    let queuedAt = monotonicNanoseconds()

    /// The span of the write; nil when nothing is traced.
    let span: ActiveSpan?

    init(_ span: ActiveSpan?) { self.span = span }

    /// Runs the body and keeps its outcome; false when it threw.
    func run(in transaction: WriteTransaction) -> Bool { false }

    /// Delivers the outcome, or `failure` in its place. Called once.
    func answer(_ failure: DatabaseError?) {}
}

/// A request with a result of its own type.
///
/// The continuation is the unsafe kind, which costs a tenth of the checked one: every request that enters the queue is
/// answered exactly once, by the writer.
final class TypedWriteRequest<Result: Sendable>: WriteRequest {
    private let body: @Sendable (any Transaction) throws -> Result
    private let continuation: UnsafeContinuation<Result, any Error>
    private var outcome: Swift.Result<Result, any Error>?

    init(
        _ continuation: UnsafeContinuation<Result, any Error>,
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) {
        self.continuation = continuation
        self.body = body
        super.init(ActiveSpan.current?.begin(.write))
    }

    override func run(in transaction: WriteTransaction) -> Bool {
        do {
            outcome = .success(try body(transaction))
            return true
        } catch {
            outcome = .failure(error)
            return false
        }
    }

    override func answer(_ failure: DatabaseError?) {
        if let failure {
            continuation.resume(throwing: failure)
        } else if let outcome {
            continuation.resume(with: outcome)
        } else {
            continuation.resume(throwing: DatabaseError.closed)
        }
    }
}
