/// A request as the bytes on the wire say it, read by a reader of the tests' own: it shares no code with the parser
/// under test, and it accepts nothing but the one form that the gateway is to write.
struct WireMessage: Sendable, Equatable {
    var method: String
    var target: String
    /// Names as sent, values without white space around them.
    var fields: [Field]
    var body: [UInt8]
    var trailers: [Field]

    struct Field: Sendable, Equatable {
        var name: String
        var value: String
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    /// The values of a field, in order.
    func values(of name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// Reads the message at the start of `bytes`; nil while it is not complete.
    /// - Throws: ``Malformed`` for what no strict reader takes, or two lenient ones could read differently.
    static func read(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> (message: WireMessage, count: Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = try Self.lines(bytes[..<end.lowerBound])
        let start = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
        guard start.count == 3, start[2] == "HTTP/1.1", isToken(start[0]), start[1].hasPrefix("/"),
            start[1].unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F })
        else { throw Malformed(description: "request line \(start)") }
        var message = WireMessage(
            method: String(start[0]), target: String(start[1]), fields: try lines.map(field), body: [], trailers: [])
        guard message.values(of: "host").count == 1 else { throw Malformed(description: "not one Host") }
        guard let rest = try message.readBody(bytes[end.upperBound...]) else { return nil }
        return (message, rest - bytes.startIndex)
    }

    /// Reads the body; the index behind it, or nil while it is not complete.
    private mutating func readBody(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Int? {
        let (lengths, codings) = (values(of: "content-length"), values(of: "transfer-encoding"))
        guard lengths.count + codings.count <= 1 else { throw Malformed(description: "framed twice") }
        if let coding = codings.first {
            guard coding == "chunked" else { throw Malformed(description: "coding \(coding)") }
            return try readChunks(bytes)
        }
        guard let text = lengths.first else { return bytes.startIndex }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else {
            throw Malformed(description: "length \(text)")
        }
        guard bytes.count >= length else { return nil }
        body = Array(bytes.prefix(length))
        return bytes.startIndex + length
    }

    private mutating func readChunks(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Int? {
        var rest = bytes
        while let line = rest.firstRange(of: [0x0D, 0x0A]) {
            let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
            guard (1...8).contains(digits.utf8.count), let size = Int(digits, radix: 16), !digits.hasPrefix("+"),
                !digits.hasPrefix("-")
            else { throw Malformed(description: "chunk size \(digits)") }
            rest = rest[line.upperBound...]
            if size == 0 { return try readTrailers(rest) }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            guard rest.dropFirst(size).starts(with: [0x0D, 0x0A]) else { throw Malformed(description: "chunk end") }
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }

    private mutating func readTrailers(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Int? {
        if bytes.starts(with: [0x0D, 0x0A]) { return bytes.startIndex + 2 }
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        trailers = try Self.lines(bytes[..<end.lowerBound]).map(Self.field)
        return end.upperBound
    }

    // MARK: - Lines

    /// The lines of a head, as Latin-1: a byte is a character.
    private static func lines(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> [String] {
        var lines: [String] = []
        var rest = bytes
        while let end = rest.firstRange(of: [0x0D, 0x0A]) {
            lines.append(latin1(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        lines.append(latin1(rest))
        let isClean = lines.allSatisfy { line in
            line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }
        }
        guard isClean else { throw Malformed(description: "control byte in \(lines)") }
        return lines
    }

    private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func field(_ line: String) throws(Malformed) -> Field {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, isToken(parts[0]) else { throw Malformed(description: "field line \(line)") }
        let value = parts[1].drop { $0 == " " || $0 == "\t" }
        return Field(name: String(parts[0]), value: String(value))
    }

    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
            }
    }
}
