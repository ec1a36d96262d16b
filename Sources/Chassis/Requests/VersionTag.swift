public import HTTP
import HTTPTypes

/// The entity tag of a versioned object and what clients send back of it (RFC 9110 §8.8.3, §13.1).
public struct VersionTag: Sendable, Equatable {
    private let version: Int64

    /// The tag of a version.
    public init(_ version: Int64) { self.version = version }

    /// The value of the `ETag` field, always strong: `"3"`.
    public var text: String { "\"\(version)\"" }

    /// Whether `If-Match` lets a change through: `*`, or a list that holds the tag. Strong comparison: a weak tag never
    /// matches (§13.1.1).
    public func satisfies(ifMatch list: String) -> Bool {
        Self.members(list).contains { $0 == "*" || $0 == text }
    }

    /// Whether `If-None-Match` says that the client has it already. Weak comparison (§13.1.2).
    public func isNamed(ifNoneMatch list: String) -> Bool {
        Self.members(list).contains { $0 == "*" || $0 == text || $0 == "W/" + text }
    }

    // Our own tags hold no comma, so a list can be split at every one.
    private static func members(_ list: String) -> [String] {
        list.split(separator: ",").map { member in
            String(member.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }
}

extension Request {
    /// Whether its `If-Match` lets a change of a version through; true for every version without the field.
    public var versionCondition: @Sendable (_ version: Int64) -> Bool {
        let given = field(.ifMatch)
        return { version in given.map { VersionTag(version).satisfies(ifMatch: $0) } ?? true }
    }
}

extension Problem {
    /// 412 `precondition_failed` (RFC 9110 §15.5.13): `If-Match` names another version.
    public static let preconditionFailed = Problem(
        .preconditionFailed, "precondition_failed", detail: "It was changed since you read it. Read it again.")
}
