import HTTP
import Spans

/// `ExportTraceServiceRequest` in OTLP's JSON encoding (opentelemetry-proto 1.x, docs/specification.md, "JSON Protobuf
/// Encoding"): ids are hexadecimal, 64-bit integers are strings, enumerations are numbers.
struct OTLPDocument: Sendable {
    private let head: [UInt8]
    private static let tail: StaticString = "]}]}]}"

    /// - Parameters:
    ///   - resource: what is said about the process.
    ///   - version: of the program.
    init(resource: [(name: String, value: String)], version: String) {
        var bytes: [UInt8] = []
        LineBuffer.append("{\"resourceSpans\":[{\"resource\":{\"attributes\":[", to: &bytes)
        for (index, attribute) in resource.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            Self.append(SpanKey(attribute.name), .text(attribute.value), to: &bytes)
        }
        LineBuffer.append("]},\"scopeSpans\":[{\"scope\":{\"name\":\"tollgate\",\"version\":", to: &bytes)
        LineBuffer.appendQuoted(version, to: &bytes)
        LineBuffer.append("},\"spans\":[", to: &bytes)
        head = bytes
    }

    /// Writes the whole body for some records into `bytes`, instead of what is there.
    func write(_ records: [TraceRecord], epoch: UInt64 = SpanClock.epoch, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: head)
        var isFirst = true
        for record in records {
            let reading = SpanReading(record, epoch: epoch)
            reading.forEach { item in
                if !isFirst { bytes.append(0x2C) }
                isFirst = false
                Self.append(item, of: reading, to: &bytes)
            }
        }
        LineBuffer.append(Self.tail, to: &bytes)
    }

    // MARK: - One span

    private static func append(_ item: SpanReading.Item, of reading: SpanReading, to bytes: inout [UInt8]) {
        let record = reading.record
        LineBuffer.append("{\"traceId\":\"", to: &bytes)
        Hex.append(record.traceID.high, to: &bytes)
        Hex.append(record.traceID.low, to: &bytes)
        LineBuffer.append("\",\"spanId\":\"", to: &bytes)
        Hex.append(item.id, to: &bytes)
        if item.parentID != 0 {
            LineBuffer.append("\",\"parentSpanId\":\"", to: &bytes)
            Hex.append(item.parentID, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
        if let state = record.state {
            LineBuffer.append(",\"traceState\":", to: &bytes)
            LineBuffer.appendQuoted(state, to: &bytes)
        }
        // Bits 0-7 are W3C's flags, 8 says that 9 is known, and 9 that the parent is in another process.
        LineBuffer.append(",\"flags\":", to: &bytes)
        LineBuffer.append(0x100 | (item.isRemoteChild ? 0x200 : 0) | (record.isSampled ? 1 : 0), to: &bytes)
        LineBuffer.append(",\"name\":", to: &bytes)
        LineBuffer.appendQuoted(Redaction.clean(item.name), to: &bytes)
        LineBuffer.append(",\"kind\":", to: &bytes)
        LineBuffer.append(UInt64(item.span.kind.rawValue), to: &bytes)
        LineBuffer.append(",\"startTimeUnixNano\":\"", to: &bytes)
        LineBuffer.append(item.start, to: &bytes)
        LineBuffer.append("\",\"endTimeUnixNano\":\"", to: &bytes)
        LineBuffer.append(item.end, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        appendAttributes(item, of: reading, to: &bytes)
        appendLinks(reading.links(of: item.index), to: &bytes)
        if item.span.hasFailed { LineBuffer.append(",\"status\":{\"code\":2}", to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func appendAttributes(
        _ item: SpanReading.Item, of reading: SpanReading, to bytes: inout [UInt8]
    ) {
        LineBuffer.append(",\"attributes\":[", to: &bytes)
        var isFirst = true
        func append(_ key: SpanKey, _ value: SpanValue) {
            if !isFirst { bytes.append(0x2C) }
            isFirst = false
            Self.append(key, value, to: &bytes)
        }
        for attribute in item.attributes { append(attribute.key, attribute.value) }
        for attribute in item.span.operation.constants { append(attribute.0, .text(attribute.1)) }
        if item.index == 0, reading.contents.dropped > 0 {
            append(.droppedSpans, .integer(Int64(reading.contents.dropped)))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(_ key: SpanKey, _ value: SpanValue, to bytes: inout [UInt8]) {
        LineBuffer.append("{\"key\":\"", to: &bytes)
        if let name = key.constantName {
            LineBuffer.append(name, to: &bytes)
        } else {
            LineBuffer.appendEscaped(key.name.utf8, to: &bytes)
        }
        switch value {
        case .text(let text):
            LineBuffer.append("\",\"value\":{\"stringValue\":", to: &bytes)
            LineBuffer.appendQuoted(SpanRedaction.clean(key, text), to: &bytes)
        case .integer(let number):
            LineBuffer.append("\",\"value\":{\"intValue\":\"", to: &bytes)
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            LineBuffer.append(number.magnitude, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .flag(let flag):
            LineBuffer.append("\",\"value\":{\"boolValue\":", to: &bytes)
            LineBuffer.append(flag ? "true" : "false", to: &bytes)
        case .double(let number):
            LineBuffer.append("\",\"value\":{\"doubleValue\":", to: &bytes)
            // Infinities and NaN are texts in protobuf's JSON.
            let text =
                number.isNaN
                ? "\"NaN\"" : number.isInfinite ? (number < 0 ? "\"-Infinity\"" : "\"Infinity\"") : number.description
            bytes.append(contentsOf: text.utf8)
        }
        LineBuffer.append("}}", to: &bytes)
    }

    private static func appendLinks(_ links: [SpanLink], to bytes: inout [UInt8]) {
        guard !links.isEmpty else { return }
        LineBuffer.append(",\"links\":[", to: &bytes)
        for (index, link) in links.enumerated() {
            LineBuffer.append(index > 0 ? ",{\"traceId\":\"" : "{\"traceId\":\"", to: &bytes)
            Hex.append(link.traceHigh, to: &bytes)
            Hex.append(link.traceLow, to: &bytes)
            LineBuffer.append("\",\"spanId\":\"", to: &bytes)
            Hex.append(link.spanID, to: &bytes)
            LineBuffer.append("\"}", to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

extension SpanOperation {
    /// What is the same in every span of this operation, and so is not recorded each time.
    var constants: [(SpanKey, String)] {
        switch self {
        case .write, .read, .lookup, .statement: Self.database
        case .request: Self.plain
        default: []
        }
    }

    private static let database: [(SpanKey, String)] = [(.databaseSystem, "sqlite")]
    private static let plain: [(SpanKey, String)] = [(.scheme, "http")]
}
