import HTTP
import HTTPTypes

/// Which route answers a request, and what became of the others that are for its path.
///
/// The matcher that serves is asked, first for its answer and then for everything that it looked at.
public struct RouteExplanation: Sendable, CustomStringConvertible {
    /// Whether a route answers.
    public let isFound: Bool
    /// The explanation in lines of text.
    public let description: String

    init(_ request: Request, _ configuration: GatewayConfiguration) {
        let matcher = RouteMatcher(configuration.matches)
        let lines = ExplanationLines(request: request, configuration: configuration)
        var witness = Witness()
        matcher.visit(request, &witness)
        let match = matcher.match(request)
        let answer =
            switch match {
            case .route(let index): lines.route(index)
            case .methodNotAllowed(let methods): ["405 method_not_allowed, Allow: \(methods.joined(separator: ", "))"]
            case .notFound: ["404 not_found: no route is for this request"]
            }
        if case .route = match { isFound = true } else { isFound = false }
        let candidates = Self.candidates(witness, matcher, request, configuration)
        description = (answer + candidates).joined(separator: "\n")
    }

    /// Everything that is for this host and path, the best first.
    private static func candidates(
        _ witness: Witness, _ matcher: RouteMatcher, _ request: Request, _ configuration: GatewayConfiguration
    ) -> [String] {
        let matches = configuration.matches
        let names = configuration.routes.map(\.name) + configuration.aggregates.map(\.name)
        let verdicts = Verdicts(matcher: matcher, request: request, matches: matches)
        if witness.seen.isEmpty { return [] }
        var winner: Witness.Seen?
        var lines = ["", "Routes for this host and path, in the order of their precedence:"]
        for (number, seen) in witness.seen.enumerated() {
            let verdict = verdicts.verdict(seen, winner: winner)
            if verdict == nil { winner = seen }
            let match = matches[seen.route]
            let what = [match.methodText, match.path.description] + match.hosts.map(\.description) + match.conditions
            lines.append("  \(number + 1). \(names[seen.route]): \(verdict ?? "answers")")
            lines.append("     \(what.joined(separator: " "))")
        }
        return lines
    }
}

/// Notes every route that it is offered, and takes none.
private struct Witness: CandidateVisitor {
    struct Seen {
        var candidate: RouteTree.Candidate
        /// The host under which it was found; `nil` for a route for every host.
        var host: HostPattern?

        var route: Int { Int(candidate.route) }
    }

    private(set) var seen: [Seen] = []
    private var host: HostPattern?

    mutating func enter(_ host: HostPattern?) { self.host = host }

    mutating func accepts(_ candidate: RouteTree.Candidate) -> Bool {
        // A route with several hosts is met once for each of them that this request has.
        if !seen.contains(where: { $0.candidate.route == candidate.route }) {
            seen.append(.init(candidate: candidate, host: host))
        }
        return false
    }
}

/// Says why a route does not answer.
private struct Verdicts {
    let matcher: RouteMatcher
    let request: Request
    let matches: [RouteMatch]

    /// - Parameter winner: The one that answers, as soon as it has been met.
    /// - Returns: `nil` when the route answers.
    func verdict(_ seen: Witness.Seen, winner: Witness.Seen?) -> String? {
        if seen.candidate.methods & matcher.methods.bit(of: request.head) == 0 {
            return "no, another method: it answers \(matches[seen.route].methodText)"
        }
        if seen.candidate.condition >= 0,
            let unmet = matcher.conditions[Int(seen.candidate.condition)].firstUnmet(request.head)
        {
            return "no, the request has no \(matches[seen.route].conditions[unmet])"
        }
        return winner.map { "no, \(reason(seen, against: $0))" }
    }

    /// The first criterion of the Kubernetes Gateway API by which one route comes after another.
    private func reason(_ loser: Witness.Seen, against winner: Witness.Seen) -> String {
        let (lost, won) = (matches[loser.route], matches[winner.route])
        if loser.host != winner.host { return "a less specific host" }
        if lost.path.isPrefix, !won.path.isPrefix { return "a prefix, and another route has the whole path" }
        if lost.path.shape != won.path.shape { return "a less specific path" }
        if lost.methods.isEmpty != won.methods.isEmpty { return "it names no method" }
        if lost.headers.count != won.headers.count { return "it asks for fewer headers" }
        if lost.query.count != won.query.count { return "it asks for fewer query parameters" }
        return "it is further down in the file"
    }
}

extension RouteMatch {
    /// `GET, PUT`, or `any method`.
    var methodText: String { methods.isEmpty ? "any method" : methods.joined(separator: ",") }
}
