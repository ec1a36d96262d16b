import JSON

/// What two answers to the same line have in common: the ids, times and traces in them differ from run to run.
enum AnswerShape {
    /// The value with each id, time and trace replaced by what it is.
    static func of(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(masked(text))
        case .array(let elements): .array(elements.map(of))
        case .object(let members): .object(members.map { .init(name: $0.name, value: of($0.value)) })
        case .null, .bool, .integer, .number: value
        }
    }

    private static func masked(_ text: String) -> String {
        if let id = text.wholeMatch(of: /([a-z]+)_[0-9a-hjkmnp-tv-z]{26}/) { return "<id of \(id.1)>" }
        if text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil { return "<time>" }
        if text.wholeMatch(of: /[0-9a-f]{32}/) != nil { return "<trace>" }
        return text
    }
}
