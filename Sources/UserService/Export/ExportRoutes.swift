import Chassis
import HTTP
import HTTPTypes

/// `GET /v1/users/me/export`: everything that is held about the caller, from both services.
struct ExportRoutes: Sendable {
    let store: ExportStore
    let payments: any PaymentsPeer
    let sessions: SessionGuard

    func register(on router: inout Router) {
        router.get("/v1/users/me/export") { try await export($0) }
    }

    /// 200 with one JSON document, as a file; 503 `export_unavailable` while payments-service does not answer: half of it
    /// would look like all of it.
    private func export(_ request: Request) async throws -> Response {
        for scope in ["users:read", "accounts:read", "payments:read"] { try request.require(scope: scope) }
        let user = try await sessions.session(of: request).userID
        let rest: TextPieces
        do {
            rest = try await payments.export(of: user, origin: request.context)
        } catch {
            request.context.reason = "payments_export: \(error)"
            throw Problem.exportUnavailable
        }
        let export = UserExport(store: store, userID: user)
        return Response(
            fields: [
                .contentType: "application/json", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"tollgate-export.json\"",
            ],
            body: .stream(length: nil) { try await export.write(to: $0, payments: rest) })
    }
}

extension Problem {
    /// 503 `export_unavailable`.
    fileprivate static let exportUnavailable = Problem(
        .serviceUnavailable, "export_unavailable", detail: "Not everything can be read now. Try again in a moment.",
        fields: [.retryAfter: "5"])
}
