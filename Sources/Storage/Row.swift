/// The current row of a statement, valid inside the closure that receives it, and nowhere else.
///
/// Columns are counted from 0. A column of another type is an error, never converted.
public struct Row {
    let source: any RowSource

    /// An integer.
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL.
    public func int64(_ column: Int) throws -> Int64 { try source.int64(column) }

    /// An integer that fits `Int`.
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL.
    public func int(_ column: Int) throws -> Int { Int(try source.int64(column)) }

    /// An integer that is 0 (false) or 1 (true).
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL and any other integer.
    public func bool(_ column: Int) throws -> Bool {
        switch try source.int64(column) {
        case 0: return false
        case 1: return true
        default: throw source.mismatch(column, expected: "0 or 1")
        }
    }

    /// A double; an integer is not converted.
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL.
    public func double(_ column: Int) throws -> Double { try source.double(column) }

    /// Text.
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL.
    public func string(_ column: Int) throws -> String { try source.string(column) }

    /// Bytes.
    /// - Throws: `DatabaseError.typeMismatch`, also for NULL.
    public func bytes(_ column: Int) throws -> [UInt8] { try source.bytes(column) }

    /// Whether the column is NULL.
    /// - Throws: `DatabaseError.typeMismatch` when there is no such column.
    public func isNull(_ column: Int) throws -> Bool { try source.isNull(column) }

    /// An integer, or nil for NULL.
    /// - Throws: `DatabaseError.typeMismatch`.
    public func optionalInt64(_ column: Int) throws -> Int64? {
        try source.isNull(column) ? nil : try source.int64(column)
    }

    /// Text, or nil for NULL.
    /// - Throws: `DatabaseError.typeMismatch`.
    public func optionalString(_ column: Int) throws -> String? {
        try source.isNull(column) ? nil : try source.string(column)
    }

    /// Bytes, or nil for NULL.
    /// - Throws: `DatabaseError.typeMismatch`.
    public func optionalBytes(_ column: Int) throws -> [UInt8]? {
        try source.isNull(column) ? nil : try source.bytes(column)
    }
}

/// A driver's current row.
protocol RowSource: AnyObject {
    func int64(_ column: Int) throws -> Int64
    func double(_ column: Int) throws -> Double
    func string(_ column: Int) throws -> String
    func bytes(_ column: Int) throws -> [UInt8]
    func isNull(_ column: Int) throws -> Bool
    func mismatch(_ column: Int, expected: String) -> DatabaseError
}
