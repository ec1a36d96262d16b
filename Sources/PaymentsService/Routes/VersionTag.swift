/// The entity tag of a versioned object and what clients send back of it (RFC 9110 sections 8.8.3 and 13.1).
struct VersionTag: Sendable, Hashable {
    private let version: Int64

    init(_ version: Int64) { self.version = version }

    /// The value of the `ETag` field, always strong: `"3"`.
    var text: String { "\"\(version)\"" }

    /// Whether `If-Match` lets a change through: `*`, or a list that holds the tag. Our tags hold no comma, so a list can
    /// be split at every one.
    func satisfies(ifMatch list: String) -> Bool {
        list.split(separator: ",").contains { member in
            let member = member.filter { $0 != " " && $0 != "\t" }
            return member == "*" || member == text
        }
    }
}
