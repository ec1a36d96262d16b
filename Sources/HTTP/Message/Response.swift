public import HTTPTypes

/// An answer. The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`: they are not set here.
public struct Response: Sendable {
    /// The status, 200 to 599, or 101 with a body that is a tunnel.
    public var status: HTTPResponse.Status
    /// The fields; those that describe the framing or the connection are ignored.
    public var fields: HTTPFields
    /// The body. The server leaves it out for HEAD, 204 and 304.
    public var body: ResponseBody
    /// Field lines copied from a head that was received, byte for byte; sent before `fields`. The gateway's way.
    public var forwarded: ForwardedFields?
    /// Further field lines, made before and sent as they are, last.
    public var lines = FieldLines()

    /// A response of its parts.
    public init(
        status: HTTPResponse.Status = .ok, fields: HTTPFields = .none, body: ResponseBody = .empty,
        forwarded: ForwardedFields? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.forwarded = forwarded
    }

    /// `application/json`.
    public static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok, fields: HTTPFields = .none) -> Response
    {
        var response = Response(status: status, fields: jsonFields, body: .bytes(bytes))
        if !fields.isEmpty {
            response.fields = fields
            response.fields[.contentType] = "application/json"
        }
        return response
    }

    /// Shared, so that the common answer allocates no fields of its own.
    private static let jsonFields: HTTPFields = [.contentType: "application/json"]

    /// `text/plain; charset=utf-8`.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, fields: [.contentType: "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// No body, 204 unless another status is given.
    public static func empty(_ status: HTTPResponse.Status = .noContent, fields: HTTPFields = .none) -> Response {
        Response(status: status, fields: fields)
    }
}

extension HTTPFields {
    /// No field. Shared: the literal `[:]` allocates each time.
    public static let none = HTTPFields()
}

/// The body of an answer.
public enum ResponseBody: Sendable {
    /// No byte.
    case empty
    /// All of it; sent with the head in one system call when it is small.
    case bytes([UInt8])
    /// Written piece by piece: `length` bytes exactly, or chunked when it is nil (until close for HTTP/1.0).
    case stream(length: Int?, @Sendable (BodyWriter) async throws -> Void)
    /// No body: the connection is handed over behind the head, and closed when the closure returns. See
    /// ``Response/webSocket(fields:_:)``.
    case tunnel(@Sendable (TunnelStream) async throws -> Void)

    /// The number of bytes when it is known.
    public var knownLength: Int? {
        switch self {
        case .empty: 0
        case .bytes(let bytes): bytes.count
        case .stream(let length, _): length
        case .tunnel: nil
        }
    }
}

/// Field lines of a received head that are sent on as they came. Hop-by-hop fields, those that `Connection` names and
/// the framing are always left out.
public struct ForwardedFields: Sendable {
    /// The head that owns the bytes.
    public let head: MessageHead
    /// Further names to leave out, in lower case.
    public let removed: [String]

    /// The fields of `head` without those in `removed` (lower case).
    public init(_ head: MessageHead, removing removed: [String] = []) {
        self.head = head
        self.removed = removed
    }
}

/// Where a streamed body goes: the server's connection, or a coding in front of it.
public protocol ResponseBodySink: Sendable {
    /// Sends the bytes. Returns when there is room for more (backpressure).
    /// - Throws: when the peer went away, the deadline passed, or more bytes come than the length announced.
    func write(_ bytes: [UInt8]) async throws
    /// Makes sure that what was written so far is on its way to the peer.
    func flush() async throws
    /// Sets the trailer fields of a chunked body, before the stream's closure returns.
    func setTrailers(_ fields: HTTPFields)
}

/// The handle that a `.stream` body writes to.
public struct BodyWriter: Sendable {
    let sink: any ResponseBodySink

    /// A writer to `sink`.
    public init(_ sink: any ResponseBodySink) {
        self.sink = sink
    }

    /// Sends bytes; waits while the peer is slow.
    /// - Throws: when the peer went away, the deadline passed, or more bytes come than the length announced.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await sink.write(bytes)
    }

    /// Sends text as UTF-8.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }
    /// Makes sure that what was written so far is on its way to the peer.
    public func flush() async throws { try await sink.flush() }
    /// Sets the trailer fields of a chunked body.
    public func setTrailers(_ fields: HTTPFields) { sink.setTrailers(fields) }
}
