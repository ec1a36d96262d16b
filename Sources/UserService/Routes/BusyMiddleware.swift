import HTTP
import HTTPTypes
import Storage

/// Turns "there is no room" of the database and the password queue into 503 with `Retry-After`; the reason goes to the
/// access line, not to the client.
struct BusyMiddleware: Middleware {
    func handle(_ request: Request, next: Handler) async throws -> Response {
        do {
            return try await next(request)
        } catch let error as PasswordHasherBusy {
            request.context.reason = "password_queue_full"
            throw Problem.unavailable(retryAfter: error.retryAfterSeconds)
        } catch let error as DatabaseError where error.isTransient {
            request.context.reason = "\(error)"
            throw Problem.unavailable(retryAfter: 1)
        }
    }
}

extension DatabaseError {
    /// Whether the same request may succeed a little later. Everything else is a fault of the program or the file.
    fileprivate var isTransient: Bool {
        switch self {
        case .overloaded, .busy, .unavailable, .closed: true
        default: false
        }
    }
}

extension Problem {
    /// 503 `unavailable`; `retryAfter` in seconds (RFC 9110 §10.2.3).
    fileprivate static func unavailable(retryAfter: UInt64) -> Problem {
        Problem(
            .serviceUnavailable, "unavailable", detail: "There is too much to do. Try again in a moment.",
            fields: [.retryAfter: String(retryAfter)])
    }
}
