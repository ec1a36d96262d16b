import Chassis
import HTTP

/// `/v1/payments`
struct PaymentRoutes: Sendable {
    let store: PaymentsStore
    let payees: any PayeeDirectory

    func install(in router: inout Router) {
        router.post("/v1/payments", bodyLimit: KeyedPost.bodyLimit) { request in try await create(request) }
        router.get("/v1/payments") { request in try await list(request) }
        router.get("/v1/payments/{id}") { request in try await get(request) }
    }

    private func create(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let post = try await KeyedPost(request, by: subject, in: store)
        let order: PaymentOrder
        do {
            order = try PaymentOrder(json: post.body)
        } catch {
            // A body that cannot be read is no reason to miss that the key was used for another one.
            return try post.response(to: try await post.unlessKnown { throw error })
        }
        let outcome = try await pay(order, post, RequestOrigin(request.context))
        store.metrics.count(payment: outcome, currency: order.currency)
        return try post.response(to: outcome)
    }

    /// A payee that is named by account needs nobody's help: it goes to the writer, which looks the key up first.
    private func pay(
        _ order: PaymentOrder, _ post: KeyedPost, _ origin: RequestOrigin
    ) async throws -> KeyedOutcome {
        let query: PayeeQuery
        switch order.payee {
        case .account(let id): return try await store.pay(order, to: .account(id), for: post.request)
        case .user(let id): query = .user(id)
        case .email(let address): query = .email(address)
        }
        return try await post.unlessKnown {
            guard let user = try await payees.resolve(query, for: origin) else {
                return try await store.refuse(.unknownPayee, to: post.request)
            }
            return try await store.pay(order, to: .user(user), for: post.request)
        }
    }

    private func list(_ request: Request) async throws -> Response {
        try await request.page(of: "payments", allowedTo: "payments:read", key: \.id) { subject, query in
            try await store.payments(of: subject, before: query.after, limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "payments:read") { try await store.payment($1, of: $0) }
    }
}
