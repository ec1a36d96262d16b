import HTTPTypes

/// Compresses answers by gzip for clients that accept it: those of a listed type, of a least length where the length is
/// known. `Vary: Accept-Encoding` is set either way, and a strong `ETag` becomes weak, because the bytes differ from
/// those it was made for (RFC 9110 section 8.8.3).
///
/// Left alone: 204, 206, answers that are coded already, have a digest of their content, or say `no-transform`, and event
/// streams.
public struct Compression: Sendable {
    /// The fewest bytes worth compressing.
    public var minimumLength: Int
    /// What is compressed.
    public var types: MediaTypes
    /// Whether each piece of a stream of unknown length goes out when it was written: for streams that somebody else
    /// writes, who may wait for an echo.
    public var flushesPieces: Bool
    /// From here on a body in memory is compressed piece by piece, so that the loop serves others in between.
    private static let pieceSize = 64 << 10

    /// A compression of these settings.
    public init(minimumLength: Int = 1024, types: MediaTypes = .text, flushesPieces: Bool = false) {
        self.minimumLength = minimumLength
        self.types = types
        self.flushesPieces = flushesPieces
    }

    /// Compresses the answer to `request` where that is allowed.
    ///
    /// - Returns: Whether it was compressed.
    @discardableResult
    public func apply(to response: inout Response, for request: Request) throws -> Bool {
        if response.status.code == 304 {
            Self.keepForm(of: &response, request)
            return false
        }
        guard isCompressible(response) else { return false }
        response.addVary("Accept-Encoding")
        guard AcceptEncoding.prefersGzip(request.field(.acceptEncoding)) else { return false }
        response.weakenETag()
        // The tag is that of the answer to GET; the length of what is not made is not known, and so not told.
        if request.head.methodKind == .head {
            response.body = .stream(length: nil) { _ in }
            return false
        }
        response.fields[.contentEncoding] = "gzip"
        response.body = try compressed(response.body)
        return true
    }

    /// A client that holds the compressed form, and so the weak tag, is told that one again.
    private static func keepForm(of response: inout Response, _ request: Request) {
        guard let tag = response.value(.eTag), !tag.hasPrefix("W/"), let held = request.field(.ifNoneMatch) else {
            return
        }
        response.addVary("Accept-Encoding")
        if held.contains("W/" + tag) { response.weakenETag() }
    }

    private func isCompressible(_ response: Response) -> Bool {
        let code = response.status.code
        guard code >= 200, code != 204, code != 206, (response.body.knownLength ?? .max) >= minimumLength,
            response.value(.contentEncoding) == nil, response.value(.contentRange) == nil,
            response.value(.contentDigest) == nil, response.value(.reprDigest) == nil,
            response.value(.cacheControl)?.lowercased().contains("no-transform") != true
        else { return false }
        return types.contains(response.value(.contentType) ?? "")
    }

    private func compressed(_ body: ResponseBody) throws -> ResponseBody {
        switch body {
        case .empty, .tunnel: return body
        case .bytes(let bytes) where bytes.count <= Self.pieceSize:
            return .bytes(try Deflater().compress(bytes, .finish))
        case .bytes(let bytes):
            return Self.streamed(flushing: false) { writer in
                for start in stride(from: 0, to: bytes.count, by: Self.pieceSize) {
                    try await writer.write(Array(bytes[start..<min(start + Self.pieceSize, bytes.count)]))
                }
            }
        case .stream(let length, let write): return Self.streamed(flushing: flushesPieces && length == nil, write)
        }
    }

    private static func streamed(
        flushing: Bool, _ write: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> ResponseBody {
        .stream(length: nil) { writer in
            let sink = GzipSink(writer.sink, try Deflater(), flushing: flushing)
            try await write(BodyWriter(sink))
            try await sink.finish()
        }
    }
}

extension HTTPField.Name {
    static let contentDigest = Self("Content-Digest")!
    static let reprDigest = Self("Repr-Digest")!
}

/// Compresses what is written through it.
struct GzipSink: ResponseBodySink {
    private let inner: any ResponseBodySink
    private let deflater: Deflater
    private let isFlushing: Bool

    init(_ inner: any ResponseBodySink, _ deflater: Deflater, flushing: Bool = false) {
        self.inner = inner
        self.deflater = deflater
        isFlushing = flushing
    }

    func write(_ bytes: [UInt8]) async throws { try await pass(deflater.compress(bytes, isFlushing ? .sync : .none)) }

    func flush() async throws {
        try await pass(deflater.compress([], .sync))
        try await inner.flush()
    }

    func setTrailers(_ fields: HTTPFields) { inner.setTrailers(fields) }

    func finish() async throws { try await pass(deflater.compress([], .finish)) }

    private func pass(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await inner.write(bytes) }
    }
}
