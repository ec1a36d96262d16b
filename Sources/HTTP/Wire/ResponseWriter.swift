import HTTPTypes
import Sockets

/// How a response is framed and what becomes of its connection: decided by the server, written by ``ResponseWriter``.
struct ResponseFraming {
    /// How the body will be sent; `none` writes no framing field (1xx, 204, 304, until close for HTTP/1.0).
    var body: BodyFraming
    /// Whether the connection stays open after it.
    var keepAlive: Bool
    /// Whether the request was HTTP/1.0, where staying open must be said.
    var isHTTP10: Bool
    /// Whether the connection becomes a WebSocket tunnel behind the head.
    var upgrades = false

    /// The framing of `response` as answer to `head` (RFC 9112 section 6.3).
    /// - Parameter keepAlive: whether the server is willing to keep the connection.
    @inline(__always)
    init(_ response: Response, to head: RequestHead, keepAlive: Bool) {
        isHTTP10 = head.minorVersion == 0
        self.keepAlive = keepAlive && head.keepAlive
        body = Self.body(of: response, isHTTP10: isHTTP10)
        upgrades = response.status.code == 101
        if body == .untilClose || upgrades { self.keepAlive = false }
    }

    /// The framing of a response to a request that could not be read.
    init(closing response: Response) {
        isHTTP10 = false
        keepAlive = false
        body = Self.body(of: response, isHTTP10: false)
    }

    @inline(__always)
    private static func body(of response: Response, isHTTP10: Bool) -> BodyFraming {
        let code = response.status.code
        if code == 204 || code == 304 || code < 200 { return .none }
        if let length = response.body.knownLength { return .length(length) }
        return isHTTP10 ? .untilClose : .chunked
    }
}

/// Writes the heads of responses (RFC 9112 section 4) straight into the output buffer, without allocating.
enum ResponseWriter {
    /// Appends the head with the empty line that ends it.
    /// - Parameters:
    ///   - id: the context whose request id is sent as `X-Request-Id`; nil sends none.
    ///   - date: the complete `Date` line with its CR LF, which the loop makes once a second.
    @inline(__always)
    static func append(
        _ response: borrowing Response, _ framing: ResponseFraming, id: RequestContext? = nil,
        date: UnsafeRawBufferPointer, to out: ByteBuffer
    ) {
        out.reserve(512)
        append(response.status, to: out)
        if let forwarded = response.forwarded { FieldWriter.append(forwarded, dropsID: id != nil, to: out) }
        for field in response.fields where !FieldWriter.isFraming(field.name) {
            if id != nil, FieldWriter.isRequestID(field.name) { continue }
            FieldWriter.append(field, to: out)
        }
        out.append(response.lines.bytes)
        if response.forwarded?.head.value(of: "date") == nil { out.append(date) }
        if let id {
            out.append("X-Request-Id: ")
            id.appendID(to: out)
            out.append("\r\n")
        }
        append(framing, to: out)
    }

    /// Appends `HTTP/1.1 100 Continue`.
    static func appendContinue(to out: ByteBuffer) {
        out.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    @inline(__always)
    private static func append(_ framing: ResponseFraming, to out: ByteBuffer) {
        switch framing.body {
        case .none, .untilClose: break
        case .length(let length):
            out.append("Content-Length: ")
            out.append(decimal: length)
            out.append("\r\n")
        case .chunked: out.append("Transfer-Encoding: chunked\r\n")
        }
        if framing.upgrades {
            out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        } else if !framing.keepAlive {
            out.append("Connection: close\r\n\r\n")
        } else if framing.isHTTP10 {
            out.append("Connection: keep-alive\r\n\r\n")
        } else {
            out.append("\r\n")
        }
    }

    // MARK: - Status line

    @inline(__always)
    private static func append(_ status: HTTPResponse.Status, to out: ByteBuffer) {
        switch status.code {
        case 200: out.append("HTTP/1.1 200 OK\r\n")
        case 201: out.append("HTTP/1.1 201 Created\r\n")
        case 204: out.append("HTTP/1.1 204 No Content\r\n")
        case 304: out.append("HTTP/1.1 304 Not Modified\r\n")
        case 404: out.append("HTTP/1.1 404 Not Found\r\n")
        default: appendOther(status, to: out)
        }
    }

    /// The reason phrase comes from the program; `HTTPResponse.Status` lets no control byte into it.
    private static func appendOther(_ status: HTTPResponse.Status, to out: ByteBuffer) {
        out.append("HTTP/1.1 ")
        out.append(decimal: status.code)
        out.append(0x20)
        out.append(status.phrase)
        out.append("\r\n")
    }
}
