import HTTPTypes

/// Compresses answers for clients that accept gzip: those of a compressible type, of at least 1 KiB where the length is
/// known, streams as they are written. `Vary: Accept-Encoding` is set either way, and a strong `ETag` becomes weak,
/// because the bytes differ from those it was made for (RFC 9110 section 8.8.3).
///
/// Left alone: HEAD, 204, 206, 304, answers that are coded already or say `no-transform`, and event streams.
public struct GzipResponses: Middleware {
    /// The fewest bytes worth compressing.
    public let minimumLength: Int
    /// From here on a body in memory is compressed piece by piece, so that the loop serves others in between.
    private static let pieceSize = 64 << 10

    /// The middleware.
    public init(minimumLength: Int = 1024) {
        self.minimumLength = minimumLength
    }

    /// Compresses the answer of `next` where that is allowed.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        guard isCompressible(response) else { return response }
        response.addVary()
        guard request.head.methodKind != .head, AcceptEncoding.prefersGzip(request.field(.acceptEncoding)) else {
            return response
        }
        response.weakenETag()
        response.fields[.contentEncoding] = "gzip"
        response.body = try Self.compressed(response.body)
        return response
    }

    private func isCompressible(_ response: Response) -> Bool {
        let code = response.status.code
        guard code >= 200, code != 204, code != 206, code != 304, (response.body.knownLength ?? .max) >= minimumLength,
            response.value(.contentEncoding) == nil, response.value(.contentRange) == nil,
            response.value(.cacheControl)?.lowercased().contains("no-transform") != true
        else { return false }
        return Self.isCompressible(type: response.value(.contentType) ?? "")
    }

    /// Text in the wide sense. Images, fonts and archives are compressed already.
    static func isCompressible(type: String) -> Bool {
        let type = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        if type == "text/event-stream" { return false }
        return type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml")
            || ["application/json", "application/javascript", "application/xml", "application/yaml"].contains(type)
    }

    private static func compressed(_ body: ResponseBody) throws -> ResponseBody {
        switch body {
        case .empty: return .empty
        case .bytes(let bytes) where bytes.count <= pieceSize:
            return .bytes(try Deflater().compress(bytes, .finish))
        case .bytes(let bytes):
            return streamed { writer in
                for start in stride(from: 0, to: bytes.count, by: pieceSize) {
                    try await writer.write(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
                }
            }
        case .stream(_, let write): return streamed(write)
        }
    }

    private static func streamed(_ write: @escaping @Sendable (BodyWriter) async throws -> Void) -> ResponseBody {
        .stream(length: nil) { writer in
            let sink = GzipSink(writer.sink, try Deflater())
            try await write(BodyWriter(sink))
            try await sink.finish()
        }
    }
}

/// Compresses what is written through it.
struct GzipSink: ResponseBodySink {
    private let inner: any ResponseBodySink
    private let deflater: Deflater

    init(_ inner: any ResponseBodySink, _ deflater: Deflater) {
        self.inner = inner
        self.deflater = deflater
    }

    func write(_ bytes: [UInt8]) async throws { try await pass(deflater.compress(bytes, .none)) }

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

extension Response {
    /// The value of a field, be it set here or forwarded.
    func value(_ name: HTTPField.Name) -> String? {
        if let value = fields[name] { return value }
        guard let forwarded, !forwarded.removed.contains(name.canonicalName) else { return nil }
        return forwarded.head.string(of: name)
    }

    /// Sets a field in place of one that may be forwarded.
    private mutating func replace(_ name: HTTPField.Name, _ value: String) {
        fields[name] = value
        if let forwarded {
            self.forwarded = ForwardedFields(forwarded.head, removing: forwarded.removed + [name.canonicalName])
        }
    }

    fileprivate mutating func addVary() {
        guard let vary = value(.vary) else { return replace(.vary, "Accept-Encoding") }
        let names = vary.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        if !names.contains("accept-encoding"), !names.contains("*") { replace(.vary, vary + ", Accept-Encoding") }
    }

    fileprivate mutating func weakenETag() {
        if let tag = value(.eTag), !tag.hasPrefix("W/") { replace(.eTag, "W/" + tag) }
    }
}
