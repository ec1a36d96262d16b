extension JSONValue {
    /// Reads one JSON text (RFC 8259), strictly: no trailing data, no duplicate member, no invalid UTF-8, no lone
    /// surrogate, no control character in a string, nothing over a limit.
    /// - Throws: `JSONSyntaxError` at the first byte that is wrong.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes, limits: limits)
        do {
            self = try parser.parse()
        } catch {
            throw parser.located(error)
        }
    }
}

/// A recursive descent parser; `limits.depth` bounds the recursion.
struct JSONParser {
    /// What is wrong and where; the line is counted only when it is reported.
    struct Failure: Error {
        var offset: Int
        var detail: String
    }

    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var index = 0
    private var depth = 0
    /// Names and indices of the containers around the current value, for the pointer of an error.
    private var path: [String] = []

    init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parse() throws(Failure) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw Failure(offset: limits.bytes, detail: "the text is longer than \(limits.bytes) bytes")
        }
        skipSpace()
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw failure("unexpected data after the value") }
        return value
    }

    func located(_ failure: Failure) -> JSONSyntaxError {
        let before = bytes.prefix(failure.offset)
        let line = before.count(where: { $0 == 0x0A }) + 1
        let column = failure.offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        let pointer = path.reduce("") { JSONPointer.appending($1, to: $0) }
        return JSONSyntaxError(
            offset: failure.offset, line: line, column: column, detail: failure.detail, pointer: pointer)
    }

    // MARK: - Values

    private mutating func value() throws(Failure) -> JSONValue {
        guard let byte = peek else { throw failure("a value is missing") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { parser throws(Failure) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(Failure) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        default: throw failure("a value is missing")
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONValue {
        guard depth < limits.depth else { throw failure("nested deeper than \(limits.depth)") }
        depth += 1
        index += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(Failure) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names = SeenNames()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            skipSpace()
            let start = index
            guard peek == UInt8(ascii: "\"") else { throw failure("a member name is missing") }
            let name = try string()
            path.append(name)
            guard names.insert(name, among: members) else {
                throw Failure(offset: start, detail: JSONSyntaxError.duplicateMember)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
            skipSpace()
            members.append(JSONValue.Member(name: name, value: try value()))
            path.removeLast()
            guard members.count <= limits.members else { throw failure("more than \(limits.members) members") }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("a comma or a closing brace is missing") }
        return .object(members)
    }

    private mutating func array() throws(Failure) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        repeat {
            skipSpace()
            path.append(String(elements.count))
            elements.append(try value())
            path.removeLast()
            guard elements.count <= limits.members else { throw failure("more than \(limits.members) elements") }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("a comma or a closing bracket is missing") }
        return .array(elements)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(Failure) -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw failure("a value is missing") }
        index += word.utf8.count
        return value
    }

    // MARK: - Numbers

    /// RFC 8259 section 6: no leading zeros, no plus sign, digits on both sides of the point.
    private mutating func number() throws(Failure) -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let whole = Int64(text) { return .integer(whole) }
        guard let value = Double(text), value.isFinite else {
            throw Failure(offset: start, detail: "the number is too large")
        }
        return .number(value)
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while let byte = peek, byte &- 0x30 < 10 { index += 1 }
        guard index > start else { throw failure("a digit is missing") }
    }

    // MARK: - Strings

    /// The common string has no escape and is taken as one run; its UTF-8 is validated as a whole.
    private mutating func string() throws(Failure) -> String {
        let open = index
        index += 1
        let start = index
        var escaped: [UInt8]?
        var run = index
        while let byte = peek {
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw failure("a control character in a string must be escaped") }
            guard index - start < limits.stringLength else {
                throw Failure(offset: open, detail: "the string is longer than \(limits.stringLength) bytes")
            }
            if byte == UInt8(ascii: "\\") {
                var text = escaped ?? []
                text.append(contentsOf: bytes[run..<index])
                try escape(into: &text)
                escaped = text
                run = index
            } else {
                index += 1
            }
        }
        guard peek != nil else { throw Failure(offset: open, detail: "the string does not end") }
        let end = index
        index += 1
        guard var text = escaped else { return try decoded(bytes[start..<end], at: open) }
        text.append(contentsOf: bytes[run..<end])
        return try decoded(text[...], at: open)
    }

    private func decoded(_ utf8: ArraySlice<UInt8>, at offset: Int) throws(Failure) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw Failure(offset: offset, detail: "the string is not valid UTF-8")
        }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        index += 1
        guard let byte = peek else { throw failure("the string does not end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Character(try scalar()).utf8)
        default: throw Failure(offset: index - 1, detail: "the escape is not known")
        }
    }

    /// `\u` and four hexadecimal digits, or two of these that are a surrogate pair (RFC 8259 section 7).
    private mutating func scalar() throws(Failure) -> Unicode.Scalar {
        let start = index - 2
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let lone = Failure(offset: start, detail: "a surrogate without its other half")
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw lone }
        let second = try unit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF)))
        else { throw lone }
        return scalar
    }

    private mutating func unit() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Self.hexadecimal(byte) else {
                throw failure("four hexadecimal digits are missing")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    // MARK: - Bytes

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func failure(_ detail: String) -> Failure { Failure(offset: index, detail: detail) }
}

/// Finds duplicate member names: by looking through them while they are few, by a set when they are many, so that an
/// object of ten thousand members costs no quadratic time.
private struct SeenNames {
    private var set: Set<String> = []

    /// False when `name` is one of `members` already.
    mutating func insert(_ name: String, among members: [JSONValue.Member]) -> Bool {
        if members.count < 16 { return !members.contains { $0.name == name } }
        if set.isEmpty { set = Set(members.map(\.name)) }
        return set.insert(name).inserted
    }
}
