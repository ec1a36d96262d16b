import Chassis
import HTTP

/// `GET /v1/admin/traces/{id}/payments-service`: what this process remembers of a trace, for admins.
struct TraceRoutes: Sendable {
    let traces: Traces

    func install(in router: inout Router) {
        router.get("/v1/admin/traces/{id}/payments-service") { request in
            try SupportGuard.admitAdmin(request)
            return try traces.answer(try request.parameters.require("id")).unstored
        }
    }
}
