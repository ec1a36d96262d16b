import HTTP
import HTTPTypes

/// The field lines that the gateway adds to the answers of a route: the route's own, and the security fields that an
/// answer does not have itself. Every combination is rendered beforehand.
///
/// A class, so that using it costs one reference count and not one for each of its parts.
final class AnswerFields: Sendable {
    /// The names in a service's answer that end here, in lower case.
    let removed: [String]
    /// ``removed`` for an answer whose `Location` is written anew.
    let removedWithLocation: [String]
    /// What goes with a refusal of the gateway's own: the security fields alone.
    let refusal: FieldLines
    /// One for each set of security fields that an answer has, as bits.
    private let lines: [FieldLines]
    private let isEmpty: Bool
    /// Names to take out of an answer that the gateway made itself.
    private let ownRemoved: [HTTPField.Name]

    init(_ edits: HeaderEdits, security: SecurityFieldConfiguration) {
        removed = FieldRules.fromUpstream + edits.removedNames
        removedWithLocation = removed + ["location"]
        ownRemoved = edits.removedNames.compactMap { HTTPField.Name($0) }
        let fields = SecurityField.fields(security)
        refusal = Self.render([], fields)
        let touched = Set(edits.removedNames + edits.add.map(\.name.canonicalName))
        let wanted = fields.filter { !touched.contains($0.name.canonicalName) }
        lines = (0..<(1 << SecurityField.count)).map { present in
            Self.render(edits.set + edits.add, wanted.filter { present & SecurityField.bit($0.name) == 0 })
        }
        isEmpty = lines.allSatisfy { $0.isEmpty }
    }

    /// Adds the lines to an answer.
    @inline(__always)
    func add(to response: inout Response) {
        if response.forwarded == nil, !ownRemoved.isEmpty {
            for name in ownRemoved { response.fields[name] = nil }
        }
        if isEmpty { return }
        response.lines = lines[SecurityField.present(in: response)]
    }

    private static func render(_ own: [HTTPField], _ security: [HTTPField]) -> FieldLines {
        var lines = FieldLines()
        for field in own + security { lines.append(field) }
        return lines
    }
}

/// The fields that tell browsers to be careful, numbered by bits.
enum SecurityField {
    /// How many there are.
    static let count = 4

    /// The configured ones, with their values.
    static func fields(_ configuration: SecurityFieldConfiguration) -> [HTTPField] {
        [
            (HTTPField.Name.xContentTypeOptions, configuration.contentTypeOptions),
            (.referrerPolicy, configuration.referrerPolicy), (.frameOptions, configuration.frameOptions),
            (.strictTransportSecurity, configuration.strictTransportSecurity),
        ].compactMap { name, value in value.map { HTTPField(name: name, value: $0) } }
    }

    static func bit(_ name: HTTPField.Name) -> Int {
        switch name.canonicalName {
        case "x-content-type-options": 1
        case "referrer-policy": 2
        case "x-frame-options": 4
        case "strict-transport-security": 8
        default: 0
        }
    }

    /// Which of them an answer has. Most names are told apart by their length alone.
    @inline(__always)
    static func present(in response: borrowing Response) -> Int {
        var found = 0
        if let head = response.forwarded?.head {
            for index in 0..<head.fieldCount { found |= bit(head.field(at: index).name, in: head) }
        }
        if !response.fields.isEmpty {
            for field in response.fields { found |= bit(field.name) }
        }
        return found
    }

    @inline(__always)
    private static func bit(_ name: ByteRange, in head: MessageHead) -> Int {
        switch name.count {
        case 15:
            if head.equals(name, "referrer-policy") { return 2 }
            return head.equals(name, "x-frame-options") ? 4 : 0
        case 22: return head.equals(name, "x-content-type-options") ? 1 : 0
        case 25: return head.equals(name, "strict-transport-security") ? 8 : 0
        default: return 0
        }
    }
}

extension HTTPField.Name {
    static let referrerPolicy = Self("Referrer-Policy")!
    static let frameOptions = Self("X-Frame-Options")!
}
