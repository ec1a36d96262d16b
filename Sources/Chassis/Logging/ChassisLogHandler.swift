public import Logging
import Spans

/// The fields that every line has.
struct LogIdentity: Sendable {
    let service: String
    let version: String
}

/// Sends the lines of swift-log to a ``LogWriter``, as JSON or as text.
public struct ChassisLogHandler: LogHandler {
    /// Fields of every line of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Below it nothing is logged: the process' level, unless this logger was given its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }
    /// Adds fields from task locals.
    public var metadataProvider: Logger.MetadataProvider?

    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let writer: LogWriter
    private let identity: LogIdentity
    private let format: LogFormat
    private let clock: any WallClock

    init(
        writer: LogWriter, identity: LogIdentity, format: LogFormat, threshold: LogThreshold, clock: any WallClock
    ) {
        self.writer = writer
        self.identity = identity
        self.format = format.resolved
        self.clock = clock
        self.threshold = threshold
    }

    /// One field of the logger's metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Formats and queues one line. Waits while the buffer is full: these lines are never dropped.
    public func log(event: LogEvent) {
        let fields = allFields(event)
        let time = clock.now
        let message = Redaction.clean(event.message.description)
        writer.append(.wait) { bytes, cache in
            if format == .text {
                appendText(event.level, message, fields, time, &bytes, &cache.stamp)
            } else {
                appendJSON(event.level, message, fields, time, &bytes, &cache.stamp)
            }
        }
    }

    private func allFields(_ event: LogEvent) -> [(String, Logger.MetadataValue)] {
        var all = metadata
        if let span = ActiveSpan.current {
            all["trace_id"] = .string(TraceContextText.traceID(span.record.traceID))
            all["span_id"] = .string(TraceContextText.spanID(span.id))
        }
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error, all["error"] == nil { all["error"] = .string("\(error)") }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func appendJSON(
        _ level: Logger.Level, _ message: String, _ fields: [(String, Logger.MetadataValue)], _ time: Int64,
        _ bytes: inout [UInt8], _ stamp: inout TimeStamp
    ) {
        LineBuffer.append("{\"time\":\"", to: &bytes)
        stamp.append(time, to: &bytes)
        LineBuffer.append("\",\"level\":", to: &bytes)
        LineBuffer.appendQuoted(level.rawValue, to: &bytes)
        LineBuffer.append(",\"message\":", to: &bytes)
        LineBuffer.appendQuoted(message, to: &bytes)
        LineBuffer.append(",\"service\":", to: &bytes)
        LineBuffer.appendQuoted(identity.service, to: &bytes)
        LineBuffer.append(",\"version\":", to: &bytes)
        LineBuffer.appendQuoted(identity.version, to: &bytes)
        for (name, value) in fields {
            bytes.append(UInt8(ascii: ","))
            LineBuffer.appendQuoted(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            appendJSON(name, value, &bytes)
        }
        LineBuffer.append("}\n", to: &bytes)
    }

    private func appendJSON(_ name: String, _ value: Logger.MetadataValue, _ bytes: inout [UInt8]) {
        if Redaction.hides(name) { return LineBuffer.appendQuoted(Redaction.mark, to: &bytes) }
        switch value {
        case .string(let text): LineBuffer.appendQuoted(Redaction.clean(text), to: &bytes)
        case .stringConvertible(let number as Int): appendInteger(number, &bytes)
        case .stringConvertible(let flag as Bool): bytes.append(contentsOf: String(flag).utf8)
        case .stringConvertible(let other): LineBuffer.appendQuoted(Redaction.clean(other.description), to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendJSON(name, element, &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                LineBuffer.appendQuoted(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                appendJSON(member.key, member.value, &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func appendInteger(_ value: Int, _ bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        LineBuffer.append(UInt64(value.magnitude), to: &bytes)
    }

    private func appendText(
        _ level: Logger.Level, _ message: String, _ fields: [(String, Logger.MetadataValue)], _ time: Int64,
        _ bytes: inout [UInt8], _ stamp: inout TimeStamp
    ) {
        stamp.append(time, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: level.rawValue.uppercased().utf8)
        for _ in 0..<max(1, 9 - level.rawValue.utf8.count) { bytes.append(UInt8(ascii: " ")) }
        bytes.append(contentsOf: identity.service.utf8)
        LineBuffer.append(": ", to: &bytes)
        LineBuffer.appendEscaped(message.utf8, to: &bytes)
        for (name, value) in fields {
            bytes.append(UInt8(ascii: " "))
            LineBuffer.appendEscaped(name.utf8, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            let shown = Redaction.hides(name) ? Redaction.mark : Redaction.clean(value.description)
            LineBuffer.appendEscaped(shown.utf8, to: &bytes)
        }
        bytes.append(0x0A)
    }
}
