import Chassis
import HTTP

/// `/v1/refunds`
struct RefundRoutes: Sendable {
    let store: PaymentsStore

    func install(in router: inout Router) {
        router.post("/v1/refunds", bodyLimit: 16 << 10) { request in try await create(request) }
        router.get("/v1/refunds") { request in try await list(request) }
        router.get("/v1/refunds/{id}") { request in try await get(request) }
    }

    /// `{payment, amount?, reason?}`: 201 with the refund. For the payment's payee.
    private func create(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let post = try await KeyedPost(request, by: subject, in: store)
        let outcome = try await post.unlessKnown {
            try await store.refund(try RefundOrder(json: post.body), for: post.request)
        }
        return try post.response(to: outcome)
    }

    /// `?payment=`: newest first.
    private func list(_ request: Request) async throws -> Response {
        try await request.page(
            of: "refunds", allowedTo: "payments:read", key: { ListPosition($0).key }
        ) { subject, query in
            let position = try ListPosition(query)
            guard let payment = request.query["payment"] else {
                return try await store.refunds(of: subject, after: position, limit: query.rows)
            }
            return try await store.refunds(of: subject, payment: payment, after: position, limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "payments:read") { try await store.refund($1, of: $0) }
    }
}
