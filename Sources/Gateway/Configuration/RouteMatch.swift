/// Which requests a route answers: all of its parts must match.
struct RouteMatch: Sendable, Equatable {
    /// None for every host.
    var hosts: [HostPattern] = []
    var path: PathPattern
    /// Upper-case methods; empty for all. HEAD is served wherever GET is.
    var methods: [String] = []
    var headers: [ValueMatch] = []
    var query: [ValueMatch] = []

    /// The header and query matches, each as text: `X-Canary=always`, `?debug`.
    var conditions: [String] { headers.map(\.description) + query.map { "?\($0)" } }

    /// Everything but the methods and hosts, in a form that is equal for two matches that no request can tell apart.
    var shape: String {
        let headers = headers.map { "\($0.name.lowercased())=\($0.value ?? "")" }.sorted()
        let query = query.map { "?\($0.name)=\($0.value ?? "")" }.sorted()
        return ([path.shape] + headers + query).joined(separator: "\n")
    }
}

extension RouteConfiguration {
    var match: RouteMatch { .init(hosts: hosts, path: path, methods: methods, headers: headers, query: query) }
}

extension AggregateConfiguration {
    var match: RouteMatch { .init(path: path, methods: ["GET"]) }
}

extension GatewayConfiguration {
    /// What the routes and then the aggregates answer, in the order of ``RouteCompiler/routes``.
    var matches: [RouteMatch] { routes.map(\.match) + aggregates.map(\.match) }
}

/// Finds routes that no request can tell apart: which one answers would depend on their order alone.
struct RouteConflicts {
    private var seen: [String: String] = [:]

    /// Notes a route.
    ///
    /// - Returns: One sentence for every method and host that another route claims already.
    mutating func add(_ match: RouteMatch, name: String) -> [String] {
        var found: [String] = []
        for host in match.hosts.isEmpty ? [""] : match.hosts.map(\.description) {
            for method in match.methods.isEmpty ? ["*"] : match.methods {
                guard let other = seen.updateValue(name, forKey: "\(method) \(host)\n\(match.shape)") else { continue }
                let what = ["\(method) \(host)\(match.path)"] + match.conditions
                found.append("\"\(name)\" and \"\(other)\" both claim \(what.joined(separator: " "))")
            }
        }
        return found
    }
}
