import HTTP
import HTTPTypes

/// A question that a browser asks before it sends the request itself (the Fetch standard, section 4.8).
struct Preflight {
    let origin: String
    /// The method of the request that is to follow.
    let method: String

    /// `nil` for any other `OPTIONS` request.
    init?(_ request: Request) {
        guard request.head.methodKind == .options, let origin = request.field(.origin),
            let method = request.field(.accessControlRequestMethod)
        else { return nil }
        self.origin = origin
        self.method = method
    }
}
