import HTTPTypes

/// The text of `/metrics`.
struct Exposition {
    let text: String

    /// What an admin port shows now.
    init(_ admin: APIClient) async throws { text = try await admin.send(.get, "/metrics").text }

    /// The sum of all series of a metric.
    func sum(of metric: String) -> Int {
        text.matches(of: #/(?m)^(?<name>[a-z_]+)(?:\{[^}]*\})? (?<value>[0-9.e+]+)/#)
            .filter { $0.name == metric }.reduce(0) { $0 + Int(Double($1.value) ?? 0) }
    }
}
