import Chassis
import HTTP
import JSON

/// `/v1/payments`
struct PaymentRoutes: Sendable {
    let store: PaymentsStore
    let payees: any PayeeDirectory

    func install(in router: inout Router) {
        router.post("/v1/payments", bodyLimit: KeyedPost.bodyLimit) { request in try await create(request) }
        router.get("/v1/payments") { request in try await list(request) }
        router.get("/v1/payments/{id}") { request in try await get(request) }
        router.post("/v1/payments/{id}/capture", bodyLimit: Self.endLimit) { request in try await capture(request) }
        router.post("/v1/payments/{id}/cancel", bodyLimit: Self.endLimit) { request in try await cancel(request) }
    }

    /// The most bytes of a body that has one short member, or none.
    private static let endLimit = 4_096

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
        store.metrics.count(payment: outcome, of: order)
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
        try await request.page(
            of: "payments", allowedTo: "payments:read", key: { ListPosition($0).key }
        ) { subject, query in
            let filter = try PaymentFilter(request.query)
            return try await store.payments(
                of: subject, filter, after: try ListPosition(query), limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "payments:read") { try await store.payment($1, of: $0) }
    }

    /// `{amount?}`, or no body: 200 with the payment. For its payee.
    private func capture(_ request: Request) async throws -> Response {
        try await end(request) { id, post in
            let amount = try CaptureOrder(json: post.body).amount
            return try await store.capture(id, amount: amount, for: post.request)
        }
    }

    /// 200 with the payment. For one of its two sides.
    private func cancel(_ request: Request) async throws -> Response {
        try await end(request) { id, post in
            try JSONObjectReader.expectEmpty(post.body)
            return try await store.cancel(id, for: post.request)
        }
    }

    private func end(
        _ request: Request, _ body: (_ id: String, _ post: KeyedPost) async throws -> KeyedOutcome
    ) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let id = try request.parameters.require("id")
        let post = try await KeyedPost(request, by: subject, in: store, mayHaveNoBody: true)
        return try post.response(to: try await post.unlessKnown { try await body(id, post) })
    }
}
