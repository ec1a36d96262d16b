/// A set of field names, given one by one or by a prefix, that is asked about every field of a forwarded head.
///
/// Names are compared without regard to letter case (RFC 9110 section 5.1). Most questions end at two bit masks.
public struct FieldFilter: Sendable {
    // One reference, because every forwarded request holds a copy.
    private let rules: Rules

    private final class Rules: Sendable {
        let names: [[UInt8]]
        let prefixes: [[UInt8]]
        /// One bit for each letter (of 32) that some prefix starts with.
        let prefixInitials: UInt32
        let nameMask: UInt64
        let hasUnderscores: Bool

        init(names: [[UInt8]], prefixes: [[UInt8]], hasUnderscores: Bool) {
            self.hasUnderscores = hasUnderscores
            self.names = names
            self.prefixes = prefixes
            prefixInitials = prefixes.reduce(0) { $0 | 1 << UInt32($1[0] & 31) }
            nameMask = names.reduce(0) { $0 | FieldFilter.bit($1.first ?? 0, $1.count) }
        }
    }

    /// The filter that matches nothing.
    public static let none = FieldFilter(names: [])

    /// A filter of `names`, and of all names that start with one of `prefixes`.
    /// - Parameter underscores: whether all names with an underscore are in it too.
    public init(names: [String], prefixes: [String] = [], underscores: Bool = false) {
        rules = Rules(
            names: names.map { $0.utf8.map(\.lowercased) },
            prefixes: prefixes.map { $0.utf8.map(\.lowercased) }.filter { !$0.isEmpty }, hasUnderscores: underscores)
    }

    /// Whether the name is in the filter.
    public func contains(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { contains(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the name, in any letter case, is in the filter.
    @inline(__always)
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let first = name.first else { return false }
        if rules.nameMask & Self.bit(first, name.count) != 0, rules.names.contains(where: { Self.equals(name, $0) }) {
            return true
        }
        if rules.hasUnderscores, name.contains(0x5F) { return true }
        guard rules.prefixInitials & (1 << UInt32(first & 31)) != 0 else { return false }
        return rules.prefixes.contains { name.count >= $0.count && Self.equals(.init(rebasing: name[..<$0.count]), $0) }
    }

    /// A bit that depends on the initial, in either letter case, and the length.
    @inline(__always)
    static func bit(_ initial: UInt8, _ count: Int) -> UInt64 {
        1 << ((UInt64(initial & 31) &* 5 &+ UInt64(truncatingIfNeeded: count)) & 63)
    }

    private static func equals(_ name: UnsafeRawBufferPointer, _ lower: [UInt8]) -> Bool {
        guard name.count == lower.count else { return false }
        for index in 0..<lower.count where name[index].lowercased != lower[index] { return false }
        return true
    }
}
