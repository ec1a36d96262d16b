/// A value bound to a statement's parameter.
public enum SQLValue: Sendable, Hashable {
    /// SQL NULL.
    case null
    /// A 64-bit integer; booleans are stored as 0 and 1, times as milliseconds since 1970.
    case integer(Int64)
    /// A double.
    case real(Double)
    /// UTF-8 text.
    case text(String)
    /// Bytes.
    case blob([UInt8])

    /// An integer.
    public init(_ value: Int64) { self = .integer(value) }
    /// An integer.
    public init(_ value: Int) { self = .integer(Int64(value)) }
    /// 0 or 1.
    public init(_ value: Bool) { self = .integer(value ? 1 : 0) }
    /// A double.
    public init(_ value: Double) { self = .real(value) }
    /// Text.
    public init(_ value: String) { self = .text(value) }
    /// Bytes.
    public init(_ value: [UInt8]) { self = .blob(value) }
    /// An integer or NULL.
    public init(_ value: Int64?) { self = value.map(SQLValue.integer) ?? .null }
    /// Text or NULL.
    public init(_ value: String?) { self = value.map(SQLValue.text) ?? .null }
    /// Bytes or NULL.
    public init(_ value: [UInt8]?) { self = value.map(SQLValue.blob) ?? .null }
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
    /// 0 or 1.
    public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
    /// A double.
    public init(floatLiteral value: Double) { self = .real(value) }
}
