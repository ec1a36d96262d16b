/// Answers a request. It may throw ``Problem``, JSON errors (400, 422), or any error (500 `internal_error`).
public typealias Handler = @Sendable (Request) async throws -> Response

/// Something around handlers: it may answer itself, change request or response, or throw.
public protocol Middleware: Sendable {
    /// Answers `request`, usually by calling `next` once.
    func handle(_ request: Request, next: Handler) async throws -> Response
}
