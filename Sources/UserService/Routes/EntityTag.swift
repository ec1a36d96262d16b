/// The entity tag of a versioned object and what clients send back of it (RFC 9110 §8.8.3, §13.1).
struct EntityTag: Sendable, Equatable {
    private let version: Int64

    /// The tag of a version.
    init(version: Int64) { self.version = version }

    /// The value of the `ETag` field, always strong: `"3"`.
    var text: String { "\"\(version)\"" }

    /// Whether `If-Match` lets a change through: `*`, or a list that holds the tag. Strong comparison: a weak tag never
    /// matches (§13.1.1).
    func satisfies(ifMatch list: String) -> Bool {
        Self.members(list).contains { $0 == "*" || $0 == text }
    }

    /// Whether `If-None-Match` says that the client has it already. Weak comparison (§13.1.2).
    func isNamed(ifNoneMatch list: String) -> Bool {
        Self.members(list).contains { $0 == "*" || $0 == text || $0 == "W/" + text }
    }

    // Our own tags hold no comma, so a list can be split at every one.
    private static func members(_ list: String) -> [String] {
        list.split(separator: ",").map { member in
            String(member.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }
}
