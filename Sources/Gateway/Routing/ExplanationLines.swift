import HTTP

/// What happens to a request on the route that answers it, in lines of text.
struct ExplanationLines {
    let request: Request
    let configuration: GatewayConfiguration

    /// - Parameter index: The number of a route or, after those, of an aggregate.
    func route(_ index: Int) -> [String] {
        if index >= configuration.routes.count {
            return aggregate(configuration.aggregates[index - configuration.routes.count])
        }
        let route = configuration.routes[index]
        var lines = ["\(route.name) (routes[\(index)]) answers", line("path", route.path.description)]
        lines += target(route)
        lines.append(line("auth", route.access.text))
        lines += limits(route.limits)
        if route.target.isForwarded { lines.append(line("body", "at most \(route.bodyLimit) bytes")) }
        return lines
    }

    private func aggregate(_ aggregate: AggregateConfiguration) -> [String] {
        let parts = aggregate.parts.map { "\($0.name) from \($0.upstream)" }
        return [
            "\(aggregate.name) (an aggregate) answers", line("path", aggregate.path.description),
            line("parts", parts.joined(separator: ", ")), line("auth", aggregate.access.text),
        ] + limits(aggregate.limits)
    }

    private func target(_ route: RouteConfiguration) -> [String] {
        switch route.target {
        case .upstream(let name):
            return [line("upstream", name), line("target", TargetRule(route).text(of: request))]
        case .split(let split):
            let sides = split.sides.map { "\($0.upstream) \($0.weight)" }
            return [
                line("split", sides.joined(separator: ", ")), line("target", TargetRule(route).text(of: request)),
            ]
        case .redirect(let redirect):
            let location = Redirect(redirect, of: route.path).location(for: request, scheme: .http)
            return [line("redirect", "\(redirect.status) \(location ?? "400 host_required")")]
        case .own(let answer): return [line("serves", answer.title)]
        }
    }

    private func limits(_ limits: RouteLimits) -> [String] {
        guard !limits.names.isEmpty else { return [] }
        let cost = limits.cost == 1 ? "" : ", \(limits.cost) requests each"
        return [line("limits", limits.names.joined(separator: ", ") + cost)]
    }

    private func line(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 10 - name.count)) + value
    }
}

extension Access {
    /// `public`, or what a caller needs: `token with users:read`.
    var text: String {
        if isPublic { return "public" }
        let needed = scopes.isEmpty ? "" : " with \(scopes.joined(separator: " "))"
        let asked = roles.isEmpty ? "" : " as \(roles.joined(separator: " or "))"
        let recent = stepUp.map { ", \($0.text)" } ?? ""
        return credentials.map(\.rawValue).joined(separator: " or ") + needed + asked + recent
    }
}
