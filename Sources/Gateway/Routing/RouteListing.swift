/// The routes of a configuration as a table for people.
struct RouteListing {
    private static let heads = ["Route", "Request", "Goes to", "Who may", "Rate limits"]
    private let rows: [[String]]

    init(_ configuration: GatewayConfiguration) {
        let routes = configuration.routes.map { route in
            [route.name, Self.request(route.match), Self.target(route), route.access.text, Self.limits(route.limits)]
        }
        let aggregates = configuration.aggregates.map { aggregate in
            let parts = aggregate.parts.map { "\($0.name) from \($0.upstream)" }.joined(separator: ", ")
            return [
                aggregate.name, Self.request(aggregate.match), parts, aggregate.access.text,
                Self.limits(aggregate.limits),
            ]
        }
        rows = routes + aggregates
    }

    func text(_ format: RouteInspector.Format) -> String {
        switch format {
        case .text: columns
        case .markdown: markdown
        }
    }

    private var columns: String {
        let all = [Self.heads.map { $0.uppercased() }] + rows
        let widths = Self.heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            let line = cells.joined(separator: "  ")
            return String(line[...(line.lastIndex { $0 != " " } ?? line.startIndex)]) + "\n"
        }.joined()
    }

    private var markdown: String {
        let lines = [Self.heads, Self.heads.map { _ in "---" }] + rows.map { $0.map(Self.escaped) }
        let table = lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
        return """
            # Routes

            The routes of the built-in configuration, as `tollgate routes list --format markdown` writes them: a test holds this page
            equal to it. [Routing](routing.md) says how one of them is chosen.

            \(table)
            """
    }

    /// A bar would end the cell.
    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }

    // MARK: - Cells

    private static func request(_ match: RouteMatch) -> String {
        let hosts = match.hosts.map(\.description).joined(separator: ", ")
        let parts = [
            match.methods.isEmpty ? "*" : match.methods.joined(separator: ","), hosts + match.path.description,
        ]
        return (parts + match.conditions).joined(separator: " ")
    }

    private static func target(_ route: RouteConfiguration) -> String {
        switch route.target {
        case .upstream(let name): name + path(route)
        case .split(let split):
            split.sides.map { "\($0.upstream) \($0.weight)" }.joined(separator: ", ") + path(route)
        case .redirect(let redirect): "redirect \(redirect.status)"
        case .own(let answer): answer.title
        }
    }

    /// What the path becomes, where it changes.
    private static func path(_ route: RouteConfiguration) -> String {
        if let rewrite = route.rewrite { return " \(rewrite.pattern)\(rewrite.keepsRest ? "/…" : "")" }
        return route.stripPrefix.isEmpty ? "" : " \(route.path.description.dropFirst(route.stripPrefix.count))"
    }

    private static func limits(_ limits: RouteLimits) -> String {
        limits.names.joined(separator: ", ") + (limits.cost == 1 ? "" : " × \(limits.cost)")
    }
}
