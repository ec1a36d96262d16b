/// The path of a route: exact, with parameters, or a prefix of whole segments.
struct PathPattern: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        /// Any one non-empty segment.
        case parameter(String)
    }

    /// As written: `/v1/accounts/{id}`, or `/api/*` for a prefix.
    let description: String
    let segments: [Segment]
    let isPrefix: Bool

    var isExact: Bool {
        !isPrefix && segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// The names of the parameters, in their order.
    var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The path without its `/*`: empty for all paths, and only of use without parameters.
    var literalPrefix: String {
        segments.map { segment in
            switch segment {
            case .literal(let bytes): "/" + String(decoding: bytes, as: UTF8.self)
            case .parameter(let name): "/{\(name)}"
            }
        }.joined()
    }

    /// The pattern without the parameters' names: two patterns of one shape match the same paths.
    var shape: String {
        let parts = segments.map { segment in
            switch segment {
            case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
            case .parameter: "{}"
            }
        }
        return "/" + (parts + (isPrefix ? ["*"] : [])).joined(separator: "/")
    }

    struct Malformed: Error, Equatable { var message: String }

    /// - Throws: ``Malformed`` unless `text` starts with `/`, has no empty, `.` or `..` segment and no escapes.
    init(_ text: String) throws(Malformed) {
        guard text.hasPrefix("/") else { throw Malformed(message: "must start with \"/\"") }
        var parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        isPrefix = parts.last == "*"
        if isPrefix { parts.removeLast() }
        if parts == [""] { parts = [] }
        var segments: [Segment] = []
        for part in parts { segments.append(try Self.segment(part)) }
        self.segments = segments
        description = text
    }

    private static func segment(_ text: Substring) throws(Malformed) -> Segment {
        if text.hasPrefix("{"), text.hasSuffix("}"), text.count > 2 {
            let name = text.dropFirst().dropLast()
            guard name.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || isAlphanumeric($0) }) else {
                throw Malformed(message: "the parameter name \"\(name)\" may have letters, digits and _ only")
            }
            return .parameter(String(name))
        }
        guard !text.isEmpty else { throw Malformed(message: "must not have an empty segment") }
        guard text != ".", text != ".." else { throw Malformed(message: "must not have dot segments") }
        guard text.utf8.allSatisfy({ isAlphanumeric($0) || "-._~!$&'()+,=:@".utf8.contains($0) }) else {
            throw Malformed(
                message: "the segment \"\(text)\" may have unreserved characters only; "
                    + "{name} is a parameter, a last * a prefix")
        }
        return .literal(Array(text.utf8))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension MappingReader {
    mutating func path() -> PathPattern? {
        guard let value = required("path"), let text = value.text() else { return nil }
        do throws(PathPattern.Malformed) {
            return try PathPattern(text)
        } catch {
            value.fail(error.message)
            return nil
        }
    }
}
