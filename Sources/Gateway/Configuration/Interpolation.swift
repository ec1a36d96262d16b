/// Replaces `${NAME}` and `${NAME:-default}` in a scalar by the environment's value; `$$` stands for one `$`.
///
/// Only values are interpolated, after the document has been parsed: a variable can never add keys or structure.
struct Interpolation: Sendable {
    /// The environment; an empty value counts as unset, as in a shell's `:-`.
    var environment: [String: String]

    enum Failure: Error, Equatable {
        case unset(String)
        case malformed(String)

        var message: String {
            switch self {
            case .unset(let name):
                "environment variable \(name) is not set and has no default (${\(name):-default})"
            case .malformed(let text):
                "malformed reference \(text): write ${NAME}, ${NAME:-default}, or $$ for a dollar"
            }
        }
    }

    /// - Throws: ``Failure`` when a variable without a default is unset or a reference is not well-formed.
    func expand(_ text: String) throws(Failure) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result.append("$")
                rest = rest.dropFirst()
            } else {
                result += try reference(&rest)
            }
        }
        return result + rest
    }

    private func reference(_ rest: inout Substring) throws(Failure) -> String {
        guard rest.first == "{", let end = rest.firstIndex(of: "}") else { throw .malformed("$\(rest.prefix(12))") }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        let separator = inner.firstRange(of: ":-")
        let name = String(separator.map { inner[..<$0.lowerBound] } ?? inner)
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else { throw .malformed("${\(inner)}") }
        if let value = environment[name], !value.isEmpty { return value }
        guard let separator else { throw .unset(name) }
        return String(inner[separator.upperBound...])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
