import Chassis
import HTTP
import HTTPTypes

/// `/v1/accounts/{id}/statement`
struct StatementRoutes: Sendable {
    let store: PaymentsStore

    func install(in router: inout Router) {
        router.get("/v1/accounts/{id}/statement") { request in try await get(request) }
    }

    /// `?from=&to=`: JSON, or CSV where `Accept` asks for it.
    private func get(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:read")
        let query = request.query
        guard let period = StatementPeriod(from: query["from"], to: query["to"]) else {
            throw Problem(
                .badRequest, "invalid_query",
                detail: "from and to must be dates or times in UTC (RFC 3339), from before to, at most 366 days apart.")
        }
        let id = try request.parameters.require("id")
        guard let statement = try await store.statement(of: id, of: subject, for: period) else {
            throw Problem.notFound
        }
        let document = StatementDocument(store: store, statement: statement)
        switch StatementFormat(accept: request.field(.accept)) {
        case .json:
            return answer("application/json", [:]) { try await document.writeJSON(to: $0) }
        case .csv:
            // The id is one of ours: it has no quotes.
            let disposition = "attachment; filename=\"\(statement.account.id).csv\""
            return answer("text/csv; charset=utf-8; header=present", [.contentDisposition: disposition]) {
                try await document.writeCSV(to: $0)
            }
        }
    }

    private func answer(
        _ type: String, _ fields: HTTPFields, _ write: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Response {
        var fields = fields
        fields[.contentType] = type
        fields[.cacheControl] = "no-store"
        fields[.vary] = "Accept"
        return Response(fields: fields, body: .stream(length: nil, write))
    }
}
