import Spans

/// A finished record as those who write it out want it: spans with their attributes, times since 1970.
struct SpanReading {
    let record: TraceRecord
    let contents: TraceRecord.Contents
    /// Sorted by span.
    private let attributes: [SpanAttribute]
    /// What makes a time of ``SpanClock`` one of the world's.
    private let epoch: UInt64

    init(_ record: TraceRecord, epoch: UInt64 = SpanClock.epoch) {
        self.record = record
        self.epoch = epoch
        contents = record.recorded
        attributes = contents.attributes.sorted { $0.span < $1.span }
    }

    /// One span.
    struct Item {
        let index: Int
        let span: SpanRecord
        let id: UInt64
        /// 0 for none.
        let parentID: UInt64
        /// Whether the parent is in another process.
        let isRemoteChild: Bool
        /// Nanoseconds since 1970.
        let start: UInt64
        let end: UInt64
        let attributes: ArraySlice<SpanAttribute>

        /// The name: what it is by low-cardinality parts alone, as OpenTelemetry's conventions ask.
        var name: String {
            if let name = span.name { return name }
            switch span.operation {
            case .request: return [text(.method), text(.route)].compactMap { $0 }.joined(separator: " ")
            case .call: return text(.method) ?? span.operation.name
            case .statement: return text(.databaseOperation) ?? span.operation.name
            default: return span.operation.name
            }
        }

        func text(_ key: SpanKey) -> String? {
            for attribute in attributes where attribute.key == key {
                if case .text(let text) = attribute.value { return text }
            }
            return nil
        }

        func number(_ key: SpanKey) -> Int? {
            for attribute in attributes where attribute.key == key {
                if case .integer(let number) = attribute.value { return Int(number) }
            }
            return nil
        }
    }

    /// Calls `body` with each span, in the order of their beginning.
    func forEach(_ body: (Item) -> Void) {
        var next = 0
        for (index, span) in contents.spans.enumerated() {
            let first = next
            while next < attributes.count, attributes[next].span == index { next += 1 }
            body(
                Item(
                    index: index, span: span, id: record.id(of: index),
                    parentID: span.parent < 0 ? record.parentID : record.id(of: span.parent),
                    isRemoteChild: span.parent < 0 && record.parentID != 0, start: span.start &+ epoch,
                    end: max(span.end, span.start) &+ epoch, attributes: attributes[first..<next]))
        }
    }

    /// The first span.
    var root: Item {
        var found: Item?
        forEach { if found == nil { found = $0 } }
        // A record has a root from its beginning.
        return found.unsafelyUnwrapped
    }

    /// Links of one span.
    func links(of span: Int) -> [SpanLink] {
        contents.links.isEmpty ? [] : contents.links.filter { $0.span == span }
    }
}

/// Keeps out of spans what must not be in them, wherever their texts come from.
enum SpanRedaction {
    /// The text of an attribute as it may be shown.
    static func clean(_ key: SpanKey, _ text: String) -> String {
        if Redaction.hides(key.name) { return Redaction.mark }
        return mayBeSensitive(text) ? Redaction.clean(text) : text
    }

    /// Whether it is worth the whole look: what has to be hidden has one of these bytes in it, most texts have none.
    private static func mayBeSensitive(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "@"): return true
            case UInt8(ascii: "J") where previous == UInt8(ascii: "y"): return true
            case UInt8(ascii: "_") where previous == UInt8(ascii: "g"): return true
            case UInt8(ascii: " ") where previous | 0x20 == UInt8(ascii: "r"): return true
            default: break
            }
            previous = byte
        }
        return false
    }
}
