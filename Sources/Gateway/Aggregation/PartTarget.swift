import JSON

/// Path and query of a part, with references to values of earlier parts: `/v1/accounts/{profile.account}/entries`.
///
/// `{part.member}` is a member of that part's answer, `{part/a/0/b}` the value at a JSON pointer.
struct PartTarget: Sendable, Equatable {
    struct Reference: Sendable, Equatable {
        var part: String
        var pointer: JSONPointer
    }

    private enum Piece: Sendable, Equatable {
        case text(String)
        case path(Reference)
        case query(Reference)
    }

    struct Malformed: Error, Equatable { var message: String }

    /// A value that must not go into a request.
    enum Unusable: Error, Equatable {
        /// The part has nothing there, or nothing but `null`, a list or an object.
        case absent(String)
        /// It would change which path is asked for, or is too long.
        case unsafe(String)

        /// For the access log; never with the value itself.
        var reason: String {
            switch self {
            case .absent(let part): "reference_absent \(part)"
            case .unsafe(let part): "reference_unsafe \(part)"
            }
        }
    }

    /// The longest value in bytes.
    static let maximumValue = 512

    private let pieces: [Piece]

    init(literal: String) { pieces = [.text(literal)] }

    /// - Throws: ``Malformed`` with what is wrong, for people.
    init(_ text: String) throws(Malformed) {
        guard text.hasPrefix("/") else { throw Malformed(message: "must start with \"/\"") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw Malformed(message: "must be printable ASCII without spaces and #; write %20 and the like")
        }
        var pieces: [Piece] = []
        var isQuery = false
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            let literal = rest[..<open]
            if !literal.isEmpty { pieces.append(.text(String(literal))) }
            isQuery = isQuery || literal.contains("?")
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw Malformed(message: "has an unmatched brace")
            }
            let reference = try Self.reference(rest[rest.index(after: open)..<close])
            pieces.append(isQuery ? .query(reference) : .path(reference))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
        guard !Self.hasDotSegment(Self.path(pieces)) else { throw Malformed(message: "must not have dot segments") }
    }

    private static func reference(_ text: Substring) throws(Malformed) -> Reference {
        let name = text.prefix { $0 != "." && $0 != "/" }
        let rest = text.dropFirst(name.count)
        let help = "write {part.member} or {part/json/pointer}"
        guard isPartName(name), rest.count > 1 else {
            throw Malformed(message: "\"{\(text)}\" is no reference: \(help)")
        }
        if rest.hasPrefix("."), case let member = rest.dropFirst(), !member.contains(where: { $0 == "." || $0 == "/" })
        {
            return Reference(part: String(name), pointer: JSONPointer(tokens: [String(member)]))
        }
        guard let pointer = JSONPointer(rest) else {
            throw Malformed(message: "\"{\(text)}\" is no reference: \(help)")
        }
        return Reference(part: String(name), pointer: pointer)
    }

    static func isPartName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isUnreserved($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "~") }
    }

    /// What it refers to, in the order of the text.
    var references: [Reference] {
        pieces.compactMap { piece in
            switch piece {
            case .text: nil
            case .path(let reference), .query(let reference): reference
            }
        }
    }

    // MARK: - Filling in

    /// The target with the values of the parts that it refers to.
    ///
    /// A value is percent-encoded but for unreserved characters (RFC 3986 section 2.3), and one that could be taken for
    /// more than a part of one segment (`..`, with a slash, a backslash or a control character) is refused.
    /// - Parameter answer: The whole answer of a part.
    func filled(_ answer: (String) -> JSONValue?) throws(Unusable) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let literal): text += literal
            case .path(let reference): text += try Self.value(reference, answer, inPath: true)
            case .query(let reference): text += try Self.value(reference, answer, inPath: false)
            }
        }
        let path = text.prefix { $0 != "?" }
        if !references.isEmpty, Self.hasDotSegment(path) { throw .unsafe(references[0].part) }
        return text
    }

    private static func value(
        _ reference: Reference, _ answer: (String) -> JSONValue?, inPath: Bool
    ) throws(Unusable) -> String {
        let text: String
        switch answer(reference.part)?[reference.pointer] {
        case .string(let string)?: text = string
        case .integer(let number)?: text = String(number)
        default: throw .absent(reference.part)
        }
        guard !text.isEmpty else { throw .absent(reference.part) }
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        let staysInSegment = !inPath || !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        guard text.utf8.count <= maximumValue, isPlain, staysInSegment else { throw .unsafe(reference.part) }
        return encoded(text)
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    /// The literal path, with a letter in the place of each reference.
    private static func path(_ pieces: [Piece]) -> Substring {
        let text = pieces.map { if case .text(let literal) = $0 { literal } else { "x" } }.joined()
        return text.prefix { $0 != "?" }
    }

    private static func hasDotSegment(_ path: Substring) -> Bool {
        path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }
}
