import JSON

/// `/routes`: every route as it serves, in the order of the file, aggregates last.
struct RouteReport {
    let gateway: Gateway

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("routes", objects: gateway.routes) { route, json in
            json.member("name", route.name)
            json.member("path", route.template)
            json.member(
                "auth", route.access.isPublic ? ["public"] : route.access.configuration.credentials.map(\.rawValue))
            if !route.access.configuration.scopes.isEmpty { json.member("scopes", route.access.configuration.scopes) }
            if !route.access.configuration.roles.isEmpty { json.member("roles", route.access.configuration.roles) }
            switch route.action {
            case .proxy(let upstream): json.member("upstream", upstream.configuration.name)
            case .split(let split):
                json.member("split", split.sides.map(\.upstream.configuration.name))
            case .redirect(let redirect): json.member("redirect", redirect.status)
            case .own(let answer): json.member("serves", answer.rawValue)
            case .aggregate(let aggregate):
                json.member("parts", aggregate.configuration.parts.map { "\($0.name): \($0.upstream)" })
            }
            json.member("rate_limits", (route.limits.open + route.limits.callers).map(\.name))
        }
        json.endObject()
    }
}
