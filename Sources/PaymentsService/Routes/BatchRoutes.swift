import Chassis
import HTTP

/// `/v1/transfers`: many payments at once.
struct BatchRoutes: Sendable {
    let store: PaymentsStore
    let lane = BatchLane()

    /// The most bytes of a body: a thousand payments with long descriptions. A gateway does not hold so much to send it
    /// again; the client may, under the same key.
    static let bodyLimit = 1 << 20

    func install(in router: inout Router) {
        router.post("/v1/transfers", bodyLimit: Self.bodyLimit) { request in try await create(request) }
    }

    /// 200 with what became of each, in order; atomic: the refusal of the first that could not be, and where it is.
    private func create(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:write")
        let post = try await KeyedPost(request, by: subject, in: store)
        let batch: Batch
        do {
            batch = try Batch(json: post.body)
        } catch {
            return try post.response(to: try await post.unlessKnown { throw error })
        }
        let outcome = try await post.unlessKnown {
            try await lane.pass { try await store.pay(batch, for: post.request) }
        }
        store.metrics.count(batch, outcome)
        return try post.response(to: outcome)
    }
}
