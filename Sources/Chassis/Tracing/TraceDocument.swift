import HTTP
import JSON
import Spans

/// The traces in memory as JSON, for people and for `tollgate trace`.
struct TraceDocument: Sendable {
    let service: String

    /// `{"data": […]}`: one line for each record.
    func list(_ readings: [SpanReading]) -> [UInt8] {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("data")
        json.beginArray()
        for reading in readings { writeLine(reading, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func writeLine(_ reading: SpanReading, to json: inout JSONWriter) {
        let root = reading.root
        json.beginObject()
        json.member("trace_id", TraceContextText.traceID(reading.record.traceID))
        json.member("service", service)
        json.member("name", Redaction.clean(root.name))
        if let route = root.text(.route) { json.member("route", route) }
        if let status = root.number(.status) { json.member("status", status) }
        json.member("start", RFC3339.string(Int64(root.start / 1_000_000)))
        json.member("start_us", Int(root.start / 1_000))
        json.member("duration_us", Int((root.end - root.start) / 1_000))
        json.member("error", root.span.hasFailed)
        if let reason = root.text(.errorType) { json.member("error_type", reason) }
        json.member("sampled", reading.record.isSampled)
        json.member("spans", reading.contents.spans.count)
        json.endObject()
    }

    /// `{"trace_id": …, "spans": […]}`.
    func trace(_ id: String, _ readings: [SpanReading]) -> [UInt8] {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.member("trace_id", id)
        json.member("service", service)
        json.key("spans")
        json.beginArray()
        for reading in readings {
            reading.forEach { item in write(item, of: reading, to: &json) }
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func write(_ item: SpanReading.Item, of reading: SpanReading, to json: inout JSONWriter) {
        json.beginObject()
        json.member("span_id", TraceContextText.spanID(item.id))
        if item.parentID != 0 { json.member("parent_span_id", TraceContextText.spanID(item.parentID)) }
        json.member("service", service)
        json.member("name", Redaction.clean(item.name))
        json.member("kind", "\(item.span.kind)")
        json.member("start_us", Int(item.start / 1_000))
        json.member("duration_us", Int((item.end - item.start) / 1_000))
        json.member("error", item.span.hasFailed)
        json.key("attributes")
        json.beginObject()
        for (key, value) in item.span.operation.constants { json.member(key.name, value) }
        for attribute in item.attributes { write(attribute, to: &json) }
        json.endObject()
        let links = reading.links(of: item.index)
        if !links.isEmpty { write(links, to: &json) }
        json.endObject()
    }

    private func write(_ attribute: SpanAttribute, to json: inout JSONWriter) {
        json.key(attribute.key.name)
        switch attribute.value {
        case .text(let text): json.string(SpanRedaction.clean(attribute.key, text))
        case .integer(let number): json.integer(number)
        case .double(let number): json.double(number)
        case .flag(let flag): json.bool(flag)
        }
    }

    private func write(_ links: [SpanLink], to json: inout JSONWriter) {
        json.key("links")
        json.beginArray()
        for link in links {
            json.beginObject()
            json.member("trace_id", TraceContextText.traceID((link.traceHigh, link.traceLow)))
            json.member("span_id", TraceContextText.spanID(link.spanID))
            json.endObject()
        }
        json.endArray()
    }
}

/// Ids of traces and spans as texts.
enum TraceContextText {
    /// 32 hexadecimal digits.
    static func traceID(_ id: (high: UInt64, low: UInt64)) -> String {
        var bytes: [UInt8] = []
        Hex.append(id.high, to: &bytes)
        Hex.append(id.low, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 16 hexadecimal digits.
    static func spanID(_ id: UInt64) -> String {
        var bytes: [UInt8] = []
        Hex.append(id, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
