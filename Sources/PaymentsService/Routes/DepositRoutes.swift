import Chassis
import HTTP

/// `/v1/deposits`
struct DepositRoutes: Sendable {
    let store: PaymentsStore
    let saga: DepositSaga

    func install(in router: inout Router) {
        router.post("/v1/deposits", bodyLimit: KeyedPost.bodyLimit) { request in try await create(request) }
        router.get("/v1/deposits/{id}") { request in try await get(request) }
    }

    private func create(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let post = try await KeyedPost(request, by: subject, in: store)
        let order: DepositOrder
        do {
            order = try DepositOrder(json: post.body)
        } catch {
            return try post.response(to: try await post.unlessKnown { throw error })
        }
        switch try await store.startDeposit(order, for: post.request) {
        case .ended(let outcome): return try post.response(to: outcome)
        case .started(let deposit):
            store.metrics.countFirst()
            return try await finish(deposit)
        }
    }

    /// The client waits for the processor's first answer. What is not final then is the saga's to finish.
    private func finish(_ deposit: Deposit) async throws -> Response {
        // A client that hangs up does not stop a charge half-way.
        let step = Task { try await saga.step(deposit) }
        return StoredAnswer(try await step.value).response(replayed: false)
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "payments:read") { try await store.deposit($1, of: $0) }
    }
}
