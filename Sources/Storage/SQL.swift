/// The text of one statement.
///
/// It is made from a literal, so a value can never be spliced into it by accident; values are bound. The literal's address
/// is also its key in the statement caches, which spares hashing the text on every call.
public struct SQL: Sendable, ExpressibleByStringLiteral {
    enum Text: Sendable {
        case literal(StaticString)
        case assembled(String)
    }

    let text: Text

    /// A statement from a literal.
    public init(stringLiteral value: StaticString) {
        // A literal of one ASCII scalar may be stored without an address; it is no statement, but it must not crash.
        text = value.hasPointerRepresentation ? .literal(value) : .assembled(value.description)
    }

    /// A statement assembled by the program from parts of its own, never from input. It is cached by its text; keep it
    /// in a `static let` where possible.
    public init(assembled text: String) {
        self.text = .assembled(text)
    }

    /// The statement's text.
    public var string: String {
        switch text {
        case .literal(let literal): literal.description
        case .assembled(let string): string
        }
    }
}

extension SQL {
    /// Joins two parts, for a column list that several statements share.
    public static func + (left: SQL, right: SQL) -> SQL {
        SQL(assembled: left.string + right.string)
    }
}
