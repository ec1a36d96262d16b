import HTTP
import HTTPTypes
import Sockets

/// Writes one line per exchange: on the hot path, so straight into the loop's buffer.
///
/// A class, so that handing it on costs one reference count and not one for each of its parts.
final class AccessLog: Sendable {
    private let writer: LogWriter
    private let clock: any WallClock
    private let isText: Bool
    private let service: [UInt8]
    /// What stands between the time and the trace id of every JSON line.
    private let head: [UInt8]
    private let errorHead: [UInt8]
    private let sample: AccessLogSample
    /// What the lines say that stand for others.
    private let ratio: [UInt8]

    /// - Parameter slow: From how many nanoseconds on a request is slow; nil where none is.
    init(_ logs: Logs, slow: UInt64?, secret: UInt64 = TraceContext.newSpanID()) {
        sample = AccessLogSample(ratio: logs.settings.accessLogRatio, slow: slow ?? .max, secret: secret)
        ratio = Self.note(of: sample)
        writer = logs.writer
        clock = logs.clock
        isText = logs.settings.format.resolved == .text
        service = Array(logs.identity.service.utf8)
        head = Self.head(level: "info", logs.identity)
        errorHead = Self.head(level: "error", logs.identity)
    }

    private static func head(level: String, _ identity: LogIdentity) -> [UInt8] {
        var bytes: [UInt8] = []
        LineBuffer.append("\",\"level\":", to: &bytes)
        LineBuffer.appendQuoted(level, to: &bytes)
        LineBuffer.append(",\"message\":\"request\",\"service\":", to: &bytes)
        LineBuffer.appendQuoted(identity.service, to: &bytes)
        LineBuffer.append(",\"version\":", to: &bytes)
        LineBuffer.appendQuoted(identity.version, to: &bytes)
        LineBuffer.append(",\"trace_id\":\"", to: &bytes)
        return bytes
    }

    func record(_ exchange: borrowing CompletedExchange) {
        let context = exchange.context
        let status = UInt64(exchange.status.code)
        let (nanoseconds, isTruncated) = (exchange.nanoseconds, exchange.isTruncated)
        let decision = sample.decide(
            status: status, nanoseconds: nanoseconds, takesTime: context.takesTime, isTruncated: isTruncated,
            trace: context.traceparent)
        if decision == .leftOut { return }
        let time = clock.now
        let method = Self.method(exchange.head)
        let received = UInt64(max(0, exchange.bytesReceived))
        let sent = UInt64(max(0, exchange.bytesSent))
        writer.append(.drop) { bytes, cache in
            if isText {
                cache.stamp.append(time, to: &bytes)
                appendText(context, method, status, nanoseconds, isTruncated, &bytes)
            } else {
                LineBuffer.append("{\"time\":\"", to: &bytes)
                cache.stamp.append(time, to: &bytes)
                appendJSON(context, method, status, &bytes)
                appendNumbers(received, sent, nanoseconds, &bytes)
                appendPeer(context.peer, &cache, &bytes)
                appendNotes(context, isTruncated, &bytes)
                if decision == .chosen { bytes.append(contentsOf: ratio) }
                LineBuffer.append("}\n", to: &bytes)
            }
        }
    }

    private func appendJSON(
        _ context: RequestContext, _ method: StaticString, _ status: UInt64, _ bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: status >= 500 ? errorHead : head)
        let trace = context.traceparent
        Hex.append(trace.traceID.high, to: &bytes)
        Hex.append(trace.traceID.low, to: &bytes)
        LineBuffer.append("\",\"span_id\":\"", to: &bytes)
        Hex.append(trace.spanID, to: &bytes)
        LineBuffer.append("\",\"request_id\":\"", to: &bytes)
        // Nothing in an id needs to be escaped.
        context.appendID(to: &bytes)
        LineBuffer.append("\",\"method\":\"", to: &bytes)
        LineBuffer.append(method, to: &bytes)
        LineBuffer.append("\",\"route\":", to: &bytes)
        // The template, never the raw path: that one may hold what is nobody's business.
        LineBuffer.appendQuoted(context.route ?? "", to: &bytes)
        LineBuffer.append(",\"status\":", to: &bytes)
        LineBuffer.append(status, to: &bytes)
    }

    private func appendNumbers(_ received: UInt64, _ sent: UInt64, _ nanoseconds: UInt64, _ bytes: inout [UInt8]) {
        LineBuffer.append(",\"bytes_in\":", to: &bytes)
        LineBuffer.append(received, to: &bytes)
        LineBuffer.append(",\"bytes_out\":", to: &bytes)
        LineBuffer.append(sent, to: &bytes)
        LineBuffer.append(",\"duration_ms\":", to: &bytes)
        LineBuffer.appendMilliseconds(nanoseconds: nanoseconds, to: &bytes)
    }

    private func appendPeer(_ peer: SocketAddress, _ cache: inout LineCache, _ bytes: inout [UInt8]) {
        LineBuffer.append(",\"peer\":\"", to: &bytes)
        cache.appendAddress(peer, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private func appendNotes(_ context: RequestContext, _ isTruncated: Bool, _ bytes: inout [UInt8]) {
        appendNote(",\"client\":", context.client, &bytes)
        appendNote(",\"caller\":", context.caller, &bytes)
        appendNote(",\"upstream\":", context.upstream, &bytes)
        appendNote(",\"reason\":", context.reason.map(Redaction.clean), &bytes)
        if isTruncated { LineBuffer.append(",\"truncated\":true", to: &bytes) }
    }

    private static func note(of sample: AccessLogSample) -> [UInt8] { Array(",\"sample_ratio\":\(sample.ratio)".utf8) }

    private func appendNote(_ name: StaticString, _ value: String?, _ bytes: inout [UInt8]) {
        guard let value else { return }
        LineBuffer.append(name, to: &bytes)
        LineBuffer.appendQuoted(value, to: &bytes)
    }

    private func appendText(
        _ context: RequestContext, _ method: StaticString, _ status: UInt64, _ nanoseconds: UInt64,
        _ isTruncated: Bool, _ bytes: inout [UInt8]
    ) {
        LineBuffer.append(status >= 500 ? " ERROR    " : " INFO     ", to: &bytes)
        bytes.append(contentsOf: service)
        LineBuffer.append(": ", to: &bytes)
        LineBuffer.append(method, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        LineBuffer.appendEscaped((context.route ?? "-").utf8, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        LineBuffer.append(status, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        LineBuffer.appendMilliseconds(nanoseconds: nanoseconds, to: &bytes)
        LineBuffer.append("ms", to: &bytes)
        appendNote(" client=", context.client, &bytes)
        appendNote(" caller=", context.caller, &bytes)
        appendNote(" upstream=", context.upstream, &bytes)
        appendNote(" reason=", context.reason.map(Redaction.clean), &bytes)
        if isTruncated { LineBuffer.append(" truncated", to: &bytes) }
        LineBuffer.append(" request_id=", to: &bytes)
        context.appendID(to: &bytes)
        bytes.append(0x0A)
    }

    /// The method as a constant; what is not a common one is `_OTHER`, as OpenTelemetry calls it.
    static func method(_ head: RequestHead?) -> StaticString {
        switch head?.methodKind {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other, nil: "_OTHER"
        }
    }
}
