public import HTTP
import HTTPTypes
import Sockets

/// Takes over how long the caller waits, from `Tollgate-Deadline`: milliseconds from when the request was sent.
///
/// It can only shorten what the caller gets, so it is believed before anybody knows who calls. A value that is not one
/// to nine digits is no deadline.
public struct DeadlineMiddleware: Middleware {
    /// The name of the field.
    public static let fieldName = "Tollgate-Deadline"

    private static let name = HTTPField.Name(fieldName)

    /// The middleware; it needs no settings.
    public init() {}

    /// Sets the context's deadline, then calls `next`.
    /// - Throws: ``Problem`` 504 `deadline_exceeded` when no time is left.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        guard let name = Self.name, let text = request.field(name), let left = Self.milliseconds(text) else {
            return try await next(request)
        }
        let time = (request.context.loop?.now ?? CoarseClock.milliseconds()) + left
        request.context.deadline = min(request.context.deadline ?? .max, time)
        do {
            try request.deadline.expect()
            return try await next(request)
        } catch let problem as Problem where problem == .deadlineExceeded {
            request.context.reason = problem.code
            throw problem
        }
    }

    private static func milliseconds(_ text: String) -> UInt64? {
        let digits = text.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
