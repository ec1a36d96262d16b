import HTTPTypes

/// Lets handlers read bodies that were sent with `Content-Encoding: gzip`, bounded in size and ratio. Any other coding
/// is 415 with the field `Accept-Encoding: gzip` (RFC 9110 section 12.5.3).
///
/// The route's body limit holds for the bytes as sent and again for the bytes as read.
public struct GzipRequests: Middleware {
    /// How many times larger than what was sent the body may become; small bodies are exempt.
    public let ratio: Int

    /// The middleware. Deflate cannot do better than 1032; text is usually below 20.
    public init(ratio: Int = 100) {
        self.ratio = ratio
    }

    /// Decodes the body of `request` where it is coded.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        guard let coding = request.field(.contentEncoding)?.lowercased(), coding != "identity" else {
            return try await next(request)
        }
        guard coding == "gzip" || coding == "x-gzip" else {
            throw Problem(
                .unsupportedMediaType, "unsupported_content_encoding", detail: "The body may be coded by gzip only.",
                fields: [.acceptEncoding: "gzip"])
        }
        var request = request
        if let source = request.body.source {
            request.body = RequestBody(try GunzippedBody(source, ratio: ratio))
        }
        return try await next(request)
    }
}

/// A body that is decompressed as it is read. `@unchecked Sendable`: used by one task at a time, like every source.
final class GunzippedBody: RequestBodySource, @unchecked Sendable {
    /// Up to here the ratio does not count: a short text of one letter compresses far better than an honest long one.
    private static let exempt = 64 << 10
    private static let pieceSize = 32 << 10

    private let source: any RequestBodySource
    private let inflater: Inflater
    private let ratio: Int
    private var input: ArraySlice<UInt8> = []
    private var received = 0
    private var produced = 0
    /// Whether zlib has said everything about the bytes it was given.
    private var needsInput = true
    private var isOver = false

    let knownLength: Int? = nil
    var limit: Int
    var trailers: HTTPFields { source.trailers }

    init(_ source: any RequestBodySource, ratio: Int) throws(Problem) {
        self.source = source
        self.ratio = ratio
        limit = source.limit
        inflater = try Inflater()
    }

    func next() async throws -> [UInt8]? {
        while !isOver {
            if needsInput { try await receive() }
            let piece = try inflate()
            if !piece.isEmpty { return piece }
        }
        return nil
    }

    private func receive() async throws {
        guard let bytes = try await source.next() else { throw Problem.malformedEncoding }
        received += bytes.count
        input = bytes[...]
    }

    private func inflate() throws(Problem) -> [UInt8] {
        var piece: [UInt8] = []
        let outcome = try inflater.inflate(&input, into: &piece, most: Self.pieceSize)
        produced += piece.count
        if produced > limit || (produced > Self.exempt && produced / max(received, 1) > ratio) {
            throw .bodyTooLarge(limit: limit)
        }
        if case .end = outcome {
            // A second member or any other data behind the first is refused.
            guard input.isEmpty else { throw .malformedEncoding }
            isOver = true
        }
        if case .hasMore = outcome { needsInput = false } else { needsInput = true }
        return piece
    }
}
