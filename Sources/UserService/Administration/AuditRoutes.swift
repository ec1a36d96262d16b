import Chassis
import HTTP
import ServiceStorage

/// `GET /v1/admin/audit`: what was done to others' accounts, newest first, for admins.
struct AuditRoutes: Sendable {
    let audit: AuditLog
    let guardian: AdminGuard

    func register(on router: inout Router) {
        router.get("/v1/admin/audit") { try await list($0) }
    }

    /// `GET /v1/admin/audit?actor=&target=&action=`.
    private func list(_ request: Request) async throws -> Response {
        _ = try await guardian.admit(request, to: .readAudit, as: .admin)
        let (query, filter) = (try ListQuery(request, kind: "audit"), try AuditLog.Filter(request.query))
        return try await audit.page(query, filter)
    }
}
