import HTTP
import HTTPTypes
import JSON

/// How one part of an aggregate came out.
enum PartOutcome: Sendable, Equatable {
    /// What is shown of the answer, and all of it for the parts that refer to it.
    case value(JSONValue, whole: JSONValue)
    /// The upstream refused: its status, and its own words when they are a problem document (RFC 9457).
    case refused(status: Int, problem: [UInt8]?)
    /// There was no answer to use; the problem says what the client may know.
    case failed(Problem, reason: String)
    /// It was not asked for, because a part that it waits for is missing.
    case skipped

    /// What can be used of an answer of 200; every other status is a refusal.
    ///
    /// - Parameter isProblem: Whether the body is `application/problem+json`.
    init(
        status: Int, body: [UInt8], isProblem: Bool = false, limits: JSONLimits,
        pick: AggregateConfiguration.Part.Pick
    ) {
        guard status == 200 else {
            self = .refused(status: status, problem: isProblem ? body : nil)
            return
        }
        guard let whole = try? JSONValue(parsing: body, limits: limits) else {
            self = .unusable("part_not_json")
            return
        }
        guard let shown = pick.apply(to: whole) else {
            self = .unusable("part_without_picked")
            return
        }
        self = .value(shown, whole: whole)
    }

    /// An answer that says nothing that could be shown.
    static func unusable(_ reason: String) -> PartOutcome {
        .failed(Problem(.badGateway, "bad_gateway"), reason: reason)
    }

    /// A stable word for the log; `nil` when it is there.
    var reason: String? {
        switch self {
        case .value: nil
        case .refused(let status, _): "upstream_status_\(status)"
        case .failed(_, let reason): reason
        case .skipped: "part_skipped"
        }
    }
}

extension AggregateConfiguration.Part.Pick {
    /// What is taken of an answer; `nil` when it is not there. Of listed members those that are there.
    func apply(to value: JSONValue) -> JSONValue? {
        switch self {
        case .everything: value
        case .value(let pointer): value[pointer]
        case .members(let names): Self.members(names, of: value)
        }
    }

    private static func members(_ names: [String], of value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let members): .object(members.filter { names.contains($0.name) })
        case .array(let elements): .array(elements.compactMap { members(names, of: $0) })
        default: nil
        }
    }
}
