import HTTP
import HTTPTypes

/// Which pages of other origins may use a route, and what they get to see (the Fetch standard's CORS protocol).
struct CorsPolicy: Sendable {
    /// What a service may have said on its own; the gateway's word counts.
    private static let ownFields = [
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers",
        "access-control-allow-methods", "access-control-allow-headers", "access-control-max-age",
    ]

    private let configuration: CorsConfiguration
    private let exposed: String
    /// The fields of the answer to a preflight, but for the origin.
    private let preflight: HTTPFields

    /// - Parameter methods: Those of the route, for a policy that names none; empty for all.
    init(_ configuration: CorsConfiguration, methods: [String]) {
        self.configuration = configuration
        exposed = configuration.exposedHeaders.joined(separator: ", ")
        var methods = configuration.methods ?? (methods.isEmpty ? CorsConfiguration.commonMethods : methods)
        // HEAD is served wherever GET is.
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        preflight = [
            .accessControlAllowMethods: methods.joined(separator: ", "),
            .accessControlAllowHeaders: configuration.requestHeaders.joined(separator: ", "),
            .accessControlMaxAge: String(configuration.maximumAge / 1_000),
        ]
    }

    /// Whether answers differ by origin.
    private var variesByOrigin: Bool { configuration.origins != .any }

    func allows(_ origin: String) -> Bool {
        switch configuration.origins {
        case .any: true
        case .listed(let origins): origins.contains(origin)
        }
    }

    /// The answer to a preflight; one from an origin that is not allowed says nothing.
    func answer(preflightFrom origin: String) -> Response {
        var response = Response.empty()
        if variesByOrigin { response.fields[.vary] = "Origin" }
        guard allows(origin) else { return response }
        grant(origin, &response.fields)
        response.fields.append(contentsOf: preflight)
        return response
    }

    /// Tells the browser whether the page may see this answer.
    func apply(to response: inout Response, _ request: Request) {
        response.removeForwarded(Self.ownFields)
        if variesByOrigin { response.addVary("Origin") }
        expose(request, &response.fields)
    }

    /// Tells the browser whether the page may see this refusal.
    func apply(to problem: inout Problem, _ request: Request) {
        if variesByOrigin { problem.fields[.vary] = "Origin" }
        expose(request, &problem.fields)
    }

    private func expose(_ request: Request, _ fields: inout HTTPFields) {
        guard let origin = request.field(.origin), allows(origin) else { return }
        grant(origin, &fields)
        if !exposed.isEmpty { fields[.accessControlExposeHeaders] = exposed }
    }

    private func grant(_ origin: String, _ fields: inout HTTPFields) {
        fields[.accessControlAllowOrigin] = variesByOrigin ? origin : "*"
        if configuration.credentials { fields[.accessControlAllowCredentials] = "true" }
    }
}
