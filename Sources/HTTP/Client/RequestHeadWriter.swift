import HTTPTypes
import Sockets
import Spans

/// Writes the head of a client's request (RFC 9112 section 3), for requests of our own and forwarded ones.
///
/// A forwarded head goes from the received bytes straight into the output buffer. What comes from the caller is checked
/// before it is written; field names and values are well-formed by the construction of their types.
enum RequestHeadWriter {
    /// Appends the head with the empty line that ends it.
    /// - Throws: `invalidRequest`; the buffer then holds an incomplete head.
    static func append(_ request: ClientRequest, framing: BodyFraming, to out: ByteBuffer) throws(HTTPClientError) {
        out.reserve(1024)
        if let forwarded = request.forwarded {
            append(forwarded.head.methodRange, of: forwarded.head, to: out)
        } else {
            out.append(request.method.rawValue)
        }
        out.append(0x20)
        try append(request.target, of: request.forwarded?.head, to: out)
        out.append(" HTTP/1.1\r\nHost: ")
        try append(request.endpoint, to: out)
        if let forwarded = request.forwarded { append(forwarded, replacedBy: request.fields, to: out) }
        for field in request.fields where !isOwned(field.name) {
            FieldWriter.append(field, to: out)
        }
        out.append(request.lines.bytes)
        if let origin = request.origin {
            append(origin, request.span, to: out)
        } else if let span = request.span, request.sharesTrace {
            append(span, to: out)
        }
        if request.upgradesToWebSocket { out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n") }
        append(framing, to: out)
    }

    /// The id and the trace, written without a `String` in between.
    private static func append(_ origin: RequestContext, _ span: ActiveSpan?, to out: ByteBuffer) {
        out.append("X-Request-Id: ")
        origin.appendID(to: out)
        out.append("\r\n")
        if let span {
            append(span, to: out)
        } else {
            let trace = origin.traceparent
            append(trace.traceID, trace.spanID, isSampled: trace.isSampled, state: trace.state, to: out)
        }
        guard let baggage = origin.baggage else { return }
        out.append("baggage: ")
        out.append(baggage)
        out.append("\r\n")
    }

    private static func append(_ span: ActiveSpan, to out: ByteBuffer) {
        let record = span.record
        append(record.traceID, span.id, isSampled: record.isSampled, state: record.state, to: out)
    }

    private static func append(
        _ trace: (high: UInt64, low: UInt64), _ span: UInt64, isSampled: Bool, state: String?, to out: ByteBuffer
    ) {
        out.append("traceparent: 00-")
        Hex.append(trace.high, to: out)
        Hex.append(trace.low, to: out)
        out.append("-")
        Hex.append(span, to: out)
        out.append(isSampled ? "-01\r\n" : "-00\r\n")
        guard let state else { return }
        out.append("tracestate: ")
        out.append(state)
        out.append("\r\n")
    }

    // MARK: - Request line

    private static func append(
        _ target: ClientTarget, of head: RequestHead?, to out: ByteBuffer
    ) throws(HTTPClientError) {
        switch target {
        case .text(var text):
            guard text.withUTF8(isTarget) else { throw .invalidRequest("target") }
            out.append(text)
        case .absolute(var text):
            guard text.hasPrefix("http://") || text.hasPrefix("https://"), text.withUTF8(isVisible) else {
                throw .invalidRequest("target")
            }
            out.append(text)
        case .received(let dropped):
            guard let head else { throw .invalidRequest("target: there is no received one") }
            try appendReceivedTarget(of: head, dropping: dropped, to: out)
        }
    }

    /// The received target is well-formed already; only where it starts changes. In absolute form the path and query
    /// are what counts (RFC 9112 section 3.2.2).
    private static func appendReceivedTarget(
        of head: RequestHead, dropping dropped: Int, to out: ByteBuffer
    ) throws(HTTPClientError) {
        if head.targetForm == .asterisk, dropped == 0 { return out.append(UInt8(ascii: "*")) }
        guard dropped >= 0, dropped <= Int(head.rawPath.count) else { throw .invalidRequest("target prefix") }
        let start = head.rawPath.start + Int32(dropped)
        let rest = ByteRange(start: start, count: head.target.end - start)
        if rest.isEmpty || head.base[Int(start)] != UInt8(ascii: "/") { out.append(UInt8(ascii: "/")) }
        append(rest, of: head, to: out)
    }

    @inline(__always)
    private static func append(_ range: ByteRange, of head: MessageHead, to out: ByteBuffer) {
        out.append(head.base + Int(range.start), count: Int(range.count))
    }

    private static func isTarget(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, first == UInt8(ascii: "/") || (first == UInt8(ascii: "*") && bytes.count == 1)
        else { return false }
        return isVisible(bytes)
    }

    /// Whether it is made of what a target may have: no white space, and no fragment.
    private static func isVisible(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
    }

    private static func append(_ endpoint: Endpoint, to out: ByteBuffer) throws(HTTPClientError) {
        let host = endpoint.host
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .invalidRequest("host") }
        let isIPv6 = host.utf8.contains(UInt8(ascii: ":"))
        if isIPv6 { out.append(UInt8(ascii: "[")) }
        out.append(host)
        if isIPv6 { out.append(UInt8(ascii: "]")) }
        if endpoint.port != 80 {
            out.append(UInt8(ascii: ":"))
            out.append(decimal: Int(endpoint.port))
        }
        out.append("\r\n")
    }

    // MARK: - Fields

    private static func append(_ forwarded: ForwardedRequest, replacedBy fields: HTTPFields, to out: ByteBuffer) {
        let head = forwarded.head
        let replaced = ReplacedNames(fields)
        for index in 0..<head.fieldCount {
            let field = head.fieldBase[index]
            if field.isHopByHop || isOwned(head, field.name) { continue }
            let name = UnsafeRawBufferPointer(start: head.base + Int(field.name.start), count: Int(field.name.count))
            if forwarded.removed.contains(name) || replaced.contains(name)
                || (head.connectionNamesFields && head.connectionNames(name))
            {
                continue
            }
            // Name, colon and value lie together in the received line: from the name's start to the value's end.
            let end = field.value.isEmpty ? field.name.end + 1 : field.value.end
            append(ByteRange(start: field.name.start, count: end - field.name.start), of: head, to: out)
            out.append("\r\n")
        }
    }

    /// `Host` is written from the endpoint, and `Expect` is for this hop's server to meet.
    @inline(__always)
    private static func isOwned(_ head: MessageHead, _ name: ByteRange) -> Bool {
        switch name.count {
        case 4: head.equals(name, "host" as StaticString)
        case 6: head.equals(name, "expect" as StaticString)
        default: false
        }
    }

    private static func isOwned(_ name: HTTPField.Name) -> Bool {
        switch name.canonicalName.utf8.count {
        case 4: name.canonicalName == "host"
        case 6: name.canonicalName == "expect"
        default: FieldWriter.isFraming(name)
        }
    }

    private static func append(_ framing: BodyFraming, to out: ByteBuffer) {
        switch framing {
        case .none, .untilClose: out.append("\r\n")
        case .chunked: out.append("Transfer-Encoding: chunked\r\n\r\n")
        case .length(let count):
            out.append("Content-Length: ")
            out.append(decimal: count)
            out.append("\r\n\r\n")
        }
    }
}

/// The names in the caller's fields, asked about every received field: a mask first, so that most answers cost nothing.
private struct ReplacedNames {
    private let fields: HTTPFields
    private var mask: UInt64 = 0

    init(_ fields: HTTPFields) {
        self.fields = fields
        for field in fields {
            let name = field.name.canonicalName.utf8
            mask |= FieldFilter.bit(name.first ?? 0, name.count)
        }
    }

    @inline(__always)
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let first = name.first, mask & FieldFilter.bit(first, name.count) != 0 else { return false }
        return fields.contains { field in
            let canonical = field.name.canonicalName.utf8
            return canonical.count == name.count && zip(canonical, name).allSatisfy { $0 == $1.lowercased }
        }
    }
}
