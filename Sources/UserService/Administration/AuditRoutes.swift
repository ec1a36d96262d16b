import Chassis
import HTTP
import HTTPTypes

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
        let position = try query.after.map { text throws(Problem) in
            guard let number = Int64(text) else { throw Problem(.badRequest, "invalid_cursor") }
            return number
        }
        let found = try await audit.lines(filter, before: position, limit: query.rows)
        return query.page(found, key: { String($0.sequence) }) { line, json in line.write(to: &json) }.unstored
    }
}
