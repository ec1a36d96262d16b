import Chassis
import HTTP
import HTTPTypes
import JSON

/// One document of all the parts that came.
///
/// An optional part that is missing is `null` (nothing when it is merged), is listed in `missing`, and makes
/// `Tollgate-Completeness: partial`.
struct AggregateDocument {
    private(set) var outcomes: [(part: AggregateConfiguration.Part, outcome: PartOutcome)]

    /// - Parameter outcomes: All parts in the order of the file.
    init(_ outcomes: [(part: AggregateConfiguration.Part, outcome: PartOutcome)]) {
        self.outcomes = outcomes
        settle()
    }

    /// A merged part has to be an object, and none of its members may be that of another part: it counts as missing
    /// otherwise, whole, so that no value ever stands under a name where another one is expected.
    private mutating func settle() {
        var taken = Set(
            [AggregateConfiguration.missingMember] + outcomes.flatMap { $0.part.isMerged ? [] : [$0.part.member] })
        for index in outcomes.indices where outcomes[index].part.isMerged {
            guard case .value(let shown, _) = outcomes[index].outcome else { continue }
            guard let members = shown.object else {
                outcomes[index].outcome = .unusable("part_not_object")
                continue
            }
            guard members.allSatisfy({ !taken.contains($0.name) }) else {
                outcomes[index].outcome = .unusable("part_collides")
                continue
            }
            taken.formUnion(members.map(\.name))
        }
    }

    /// What the access log says about the parts that are missing: `accounts: payments-service upstream_status_500`.
    var reasons: String? {
        let reasons = outcomes.compactMap { part, outcome in
            outcome.reason.map { "\(part.name): \(part.upstream) \($0)" }
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// - Parameters:
    ///   - isPublic: Whether everybody gets the same answer.
    ///   - ifNoneMatch: The client's `If-None-Match`.
    /// - Throws: `Problem` of the first required part that is missing.
    func response(isPublic: Bool, ifNoneMatch: String?) throws -> Response {
        let lost = outcomes.filter { $0.part.isRequired && $0.outcome.reason != nil }.map(\.outcome)
        // What was not asked for any more is not the cause.
        if let cause = lost.first(where: { $0 != .skipped }) ?? lost.first { return try Self.refusal(cause) }
        let (bytes, isComplete) = document()
        var response = Response.json(bytes)
        response.fields[.tollgateCompleteness] = isComplete ? "complete" : "partial"
        guard isComplete else {
            // Nobody keeps what lacks something.
            response.fields[.cacheControl] = "no-store"
            return response
        }
        // Of the whole document, so that no part's own tag can stand for another part's change.
        response.fields[.eTag] = ContentTag.of(bytes)
        response.fields[.cacheControl] = isPublic ? "no-cache" : "private, no-cache"
        return response.notModified(ifNoneMatch: ifNoneMatch) ?? response
    }

    private func document() -> (bytes: [UInt8], isComplete: Bool) {
        var writer = JSONWriter(capacity: 1024)
        var missing: [JSONValue] = []
        writer.beginObject()
        for (part, outcome) in outcomes {
            switch outcome {
            case .value(.object(let members), _) where part.isMerged:
                for member in members { writer.member(member.name, member.value) }
            case .value(let shown, _):
                writer.member(part.member, shown)
            default:
                missing.append(.string(part.isMerged ? part.name : part.member))
                if !part.isMerged { writer.member(part.member, JSONValue.null) }
            }
        }
        writer.member(AggregateConfiguration.missingMember, JSONValue.array(missing))
        writer.endObject()
        return (writer.bytes, missing.isEmpty)
    }

    /// A refusal (4xx) of a required part is the client's to know; anything else is a fault behind the gateway. So is a
    /// 401: what was not accepted there is the gateway's word, not the client's credential.
    private static func refusal(_ outcome: PartOutcome) throws -> Response {
        switch outcome {
        case .refused(let status, let problem) where (400..<500).contains(status) && status != 401:
            guard let problem else { throw Problem(.init(code: status), status == 404 ? "not_found" : "part_refused") }
            return Response(
                status: .init(code: status), fields: [.contentType: "application/problem+json"], body: .bytes(problem))
        case .refused(503, _):
            throw Problem(.serviceUnavailable, "upstream_unavailable", fields: [.retryAfter: "1"])
        case .failed(let problem, _): throw problem
        default: throw Problem(.badGateway, "bad_gateway")
        }
    }
}
