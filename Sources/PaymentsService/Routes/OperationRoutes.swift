import Chassis
import HTTP

/// `/v1/deposits` or `/v1/withdrawals`: one saga, two directions.
struct OperationRoutes: Sendable {
    let kind: ProcessorOperation.Kind
    let store: PaymentsStore
    let saga: ProcessorSaga

    func install(in router: inout Router) {
        router.post(kind.collection, bodyLimit: KeyedPost.bodyLimit) { request in try await create(request) }
        router.get(kind.collection) { request in try await list(request) }
        router.get("\(kind.collection)/{id}") { request in try await get(request) }
    }

    private func create(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let post = try await KeyedPost(request, by: subject, in: store)
        let order: OperationOrder
        do {
            order = try OperationOrder(kind, json: post.body, for: saga.processor)
        } catch {
            return try post.response(to: try await post.unlessKnown { throw error })
        }
        switch try await store.start(order, for: post.request) {
        case .ended(let outcome): return try post.response(to: outcome)
        case .started(let operation):
            store.metrics.countFirst()
            return try await finish(operation)
        }
    }

    /// The client waits for the processor's first answer. What is not final then is the saga's to finish.
    private func finish(_ operation: ProcessorOperation) async throws -> Response {
        // A client that hangs up does not stop the processor half-way.
        let step = Task { try await saga.step(operation) }
        return StoredAnswer(try await step.value).response(replayed: false)
    }

    private func list(_ request: Request) async throws -> Response {
        try await request.page(of: "\(kind.rawValue)s", allowedTo: "payments:read", key: \.id) { subject, query in
            try await store.operations(kind, of: subject, before: query.after, limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "payments:read") { try await store.operation($1, kind, of: $0) }
    }
}
