import Chassis
import HTTP

/// `GET /v1/admin/traces/{id}/user-service`: what this process remembers of a trace, for admins.
struct TraceRoutes: Sendable {
    let traces: Traces
    let guardian: AdminGuard

    func register(on router: inout Router) {
        router.get("/v1/admin/traces/{id}/user-service") { request in
            _ = try await guardian.admit(request, to: .readTrace, as: .admin)
            return try traces.answer(try request.parameters.require("id")).unstored
        }
    }
}
