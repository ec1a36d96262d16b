/// A JSON value (RFC 8259). Members of objects keep their order; numbers that are integers by their grammar (no point,
/// no exponent) and fit are `integer`, so `1.0` is a `number` and never passes for `1`.
public indirect enum JSONValue: Sendable, Hashable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number without point and exponent that fits into 64 bits.
    case integer(Int64)
    /// Every other number; always finite.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object; member names are unique.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// A member.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of an object's member; nil when it has none of that name or this is not an object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The element of an array; nil when it has none there or this is not an array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text of a string, else nil.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The value of an integer, else nil.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The value of a boolean, else nil.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements of an array, else nil.
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    /// The members of an object, else nil.
    public var object: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// What the value is called in messages: "a string".
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// What a text may cost before it is refused.
public struct JSONLimits: Sendable, Hashable {
    /// Nested arrays and objects.
    public var depth: Int
    /// Bytes of the whole text.
    public var bytes: Int
    /// Members of one object, or elements of one array.
    public var members: Int
    /// Bytes of one string as written.
    public var stringLength: Int

    /// Limits; the defaults suit the body of a request.
    public init(depth: Int = 32, bytes: Int = 1 << 20, members: Int = 10_000, stringLength: Int = 1 << 18) {
        self.depth = depth
        self.bytes = bytes
        self.members = members
        self.stringLength = stringLength
    }

    /// Depth 32, 1 MiB, 10,000 members or elements, strings of 256 KiB.
    public static let `default` = JSONLimits()
}
