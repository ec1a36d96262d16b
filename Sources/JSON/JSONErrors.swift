/// The bytes are not JSON, or exceed a limit. A service answers 400.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Offset of the byte that is wrong.
    public var offset: Int
    /// Line of that byte, from 1.
    public var line: Int
    /// Column of that byte in bytes, from 1.
    public var column: Int
    /// What is wrong, for people.
    public var detail: String
    /// JSON pointer (RFC 6901) to the value that could not be read; "" is the whole text.
    public var pointer: String

    /// Whether an object names a member twice, of which different readers take different ones (RFC 8259 section 4).
    public var isDuplicateMember: Bool { detail == Self.duplicateMember }

    static let duplicateMember = "the member occurs twice"

    /// "line 1, column 5: a comma or a closing brace is missing"
    public var description: String { "line \(line), column \(column): \(detail)" }
}

/// One thing that is wrong with the shape of a text.
public struct JSONFieldError: Sendable, Hashable {
    /// JSON pointer (RFC 6901).
    public var pointer: String
    /// What is wrong, for people.
    public var detail: String

    /// An error at `pointer`.
    public init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// The bytes are JSON of the wrong shape. A service answers 422 with all of the errors.
public struct JSONValidationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Every error found, in the order of reading; never empty.
    public var errors: [JSONFieldError]

    /// An error made of these.
    public init(errors: [JSONFieldError]) {
        self.errors = errors
    }

    /// The errors in one line.
    public var description: String { errors.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ") }
}
