import Spans

/// A finished record as those who write it out want it: spans with their attributes, times since 1970.
struct SpanReading {
    let record: TraceRecord
    let contents: TraceRecord.Contents
    /// For each attribute the next one of the same span; -1 behind the last.
    private let following: [Int]
    /// For each span its first attribute; -1 for none.
    private let first: [Int]
    /// What makes a time of ``SpanClock`` one of the world's.
    private let epoch: UInt64

    init(_ record: TraceRecord, epoch: UInt64 = SpanClock.epoch) {
        self.record = record
        self.epoch = epoch
        contents = record.recorded
        // Chains, because sorting would move every value, and most records have their attributes nearly in order.
        var following = [Int](repeating: -1, count: contents.attributes.count)
        var first = [Int](repeating: -1, count: contents.spans.count)
        for index in contents.attributes.indices.reversed() {
            let span = contents.attributes[index].span
            guard first.indices.contains(span) else { continue }
            following[index] = first[span]
            first[span] = index
        }
        (self.following, self.first) = (following, first)
    }

    /// The attributes of one span in the order of their coming.
    struct Attributes: Sequence, IteratorProtocol {
        fileprivate let all: [SpanAttribute]
        fileprivate let following: [Int]
        fileprivate var position: Int

        mutating func next() -> SpanAttribute? {
            guard position >= 0 else { return nil }
            defer { position = following[position] }
            return all[position]
        }
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
        let attributes: Attributes

        /// The name: what it is by low-cardinality parts alone, as OpenTelemetry's conventions ask.
        var name: String {
            if let name = span.name { return name }
            switch span.operation {
            case .request:
                guard let method = text(.method) else { return text(.route) ?? "" }
                return text(.route).map { method + " " + $0 } ?? method
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
        for index in contents.spans.indices { body(self[index]) }
    }

    /// The first span: a record has one from its beginning.
    var root: Item { self[0] }

    /// The span with an index.
    subscript(index: Int) -> Item {
        let span = contents.spans[index]
        return Item(
            index: index, span: span, id: record.id(of: index),
            parentID: span.parent < 0 ? record.parentID : record.id(of: span.parent),
            isRemoteChild: span.parent < 0 && record.parentID != 0, start: span.start &+ epoch,
            end: max(span.end, span.start) &+ epoch,
            attributes: Attributes(all: contents.attributes, following: following, position: first[index]))
    }

    /// Links of one span.
    func links(of span: Int) -> [SpanLink] {
        contents.links.isEmpty ? [] : contents.links.filter { $0.span == span }
    }
}

/// Keeps out of spans what must not be in them, wherever their texts come from.
enum SpanRedaction {
    /// The text of an attribute as it may be shown. None of our own names hides its value; a test sees to that.
    static func clean(_ key: SpanKey, _ text: String) -> String {
        if case .other(let name) = key, Redaction.hides(name) { return Redaction.mark }
        return Redaction.clean(text)
    }
}
