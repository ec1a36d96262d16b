/// Compresses answers for clients that accept gzip; what and how, says ``Compression``.
public struct GzipResponses: Middleware {
    /// How it compresses.
    public let compression: Compression

    /// The middleware.
    /// - Parameter minimumLength: The fewest bytes worth compressing.
    public init(minimumLength: Int = 1024) {
        compression = Compression(minimumLength: minimumLength)
    }

    /// Compresses the answer of `next` where that is allowed.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        try compression.apply(to: &response, for: request)
        return response
    }
}
