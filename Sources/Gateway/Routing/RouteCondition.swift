import HTTP

/// The headers and query parameters that a route asks for, as the hot path compares them.
struct RouteCondition: Sendable, Hashable {
    private struct Part: Sendable, Hashable {
        /// In lower case for a header.
        var name: [UInt8]
        var value: [UInt8]?

        init(_ match: ValueMatch, name: String) {
            self.name = Array(name.utf8)
            value = match.value.map { Array($0.utf8) }
        }
    }

    private let headers: [Part]
    private let query: [Part]

    /// `nil` when the route asks for none.
    init?(_ match: RouteMatch) {
        if match.headers.isEmpty, match.query.isEmpty { return nil }
        headers = match.headers.map { Part($0, name: $0.name.lowercased()) }
        query = match.query.map { Part($0, name: $0.name) }
    }

    func holds(_ head: RequestHead) -> Bool { firstUnmet(head) == nil }

    /// The first part that the request does not meet, counted over the headers and then the query; `nil` when it meets
    /// all.
    func firstUnmet(_ head: RequestHead) -> Int? {
        if let index = headers.firstIndex(where: { !Self.hasHeader($0, head) }) { return index }
        return query.firstIndex { !Self.hasParameter($0, head) }.map { headers.count + $0 }
    }

    // MARK: - Headers

    /// Several lines of one name are compared as one list (RFC 9110 section 5.3).
    private static func hasHeader(_ part: Part, _ head: RequestHead) -> Bool {
        let lines = (0..<head.fieldCount).lazy.map { head.field(at: $0) }
            .filter { field in head.withBytes(field.name) { $0.equalsIgnoringCase(part.name) } }
        guard let first = lines.first else { return false }
        guard let value = part.value else { return true }
        if lines.dropFirst().isEmpty { return head.withBytes(first.value) { $0.elementsEqual(value) } }
        return lines.map { field in head.withBytes(field.value) { Array($0) } }.joined(separator: [0x2C, 0x20])
            .elementsEqual(value)
    }

    // MARK: - Query

    /// The first parameter of the name counts, as the Kubernetes Gateway API recommends.
    private static func hasParameter(_ part: Part, _ head: RequestHead) -> Bool {
        guard let raw = head.rawQuery else { return false }
        return head.withBytes(raw) { bytes in
            for pair in bytes.split(separator: UInt8(ascii: "&")) {
                let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
                guard FormText.equals(pair[..<equals], part.name) else { continue }
                return part.value.map { FormText.equals(pair[equals...].dropFirst(), $0) } ?? true
            }
            return false
        }
    }
}

/// Text in the encoding of HTML forms: `%20` and `+` are spaces.
enum FormText {
    /// Whether `encoded` decodes to `text`. Every `%` in a received query is followed by two digits.
    static func equals(_ encoded: some Collection<UInt8>, _ text: [UInt8]) -> Bool {
        var rest = encoded[...]
        for expected in text {
            guard let byte = next(of: &rest), byte == expected else { return false }
        }
        return rest.isEmpty
    }

    private static func next<Bytes: Collection<UInt8>>(of rest: inout Bytes) -> UInt8?
    where Bytes.SubSequence == Bytes {
        guard let byte = rest.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "+"): return UInt8(ascii: " ")
        case UInt8(ascii: "%"):
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            return high << 4 | low
        default: return byte
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
