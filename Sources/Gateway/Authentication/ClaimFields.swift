import HTTP
import JSON

/// Writes claims into the fields that the configuration names for them.
///
/// A claim is said as it is or not at all: one that would have to be changed (a control byte, a space at its end that
/// nobody would see, a comma inside a list's element, more than 1 KiB) is left out.
struct ClaimFields: Sendable {
    /// The longest value in bytes.
    static let maximumLength = 1_024
    private let fields: [IssuerConfiguration.ClaimField]

    init(_ fields: [IssuerConfiguration.ClaimField]) { self.fields = fields }

    /// The lines for these claims.
    func lines(_ claims: [String: JSONValue]) -> FieldLines {
        var lines = FieldLines()
        for field in fields {
            if let value = claims[field.claim].flatMap(Self.text) { lines.append(name: field.field, value: value) }
        }
        return lines
    }

    /// A claim's value as a field's value; `nil` for what cannot be said as it is.
    static func text(_ value: JSONValue) -> String? {
        let text: String
        if case .array(let elements) = value {
            let parts = elements.compactMap(scalar)
            guard parts.count == elements.count, !parts.contains(where: { $0.contains(",") }) else { return nil }
            text = parts.joined(separator: ",")
        } else {
            guard let one = scalar(value) else { return nil }
            text = one
        }
        return (1...maximumLength).contains(text.utf8.count) ? text : nil
    }

    private static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): isPlain(text) ? text : nil
        case .integer(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    /// Whether the text arrives as it is sent: not empty, no control character, no space at its ends.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return false }
        return first != " " && last != " "
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
}
