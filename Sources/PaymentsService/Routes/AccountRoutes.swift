import Chassis
import HTTP

/// `/v1/accounts`
struct AccountRoutes: Sendable {
    let store: PaymentsStore

    func install(in router: inout Router) {
        router.post("/v1/accounts", bodyLimit: KeyedPost.bodyLimit) { request in try await open(request) }
        router.get("/v1/accounts") { request in try await list(request) }
        router.get("/v1/accounts/{id}") { request in try await get(request) }
        router.get("/v1/accounts/{id}/entries") { request in try await entries(request) }
    }

    /// The key is optional here: an account opened twice is untidy, not expensive.
    private func open(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:write")
        guard request.field(.idempotencyKey) != nil else {
            let currency = try Currency(json: try await request.jsonBody())
            return try await store.openAccount(in: currency, for: subject, once: nil).response()
        }
        let post = try await KeyedPost(request, by: subject, in: store)
        let outcome = try await post.unlessKnown {
            try await store.openAccount(in: try Currency(json: post.body), for: subject, once: post.request)
        }
        return try post.response(to: outcome)
    }

    private func list(_ request: Request) async throws -> Response {
        try await request.page(of: "accounts", allowedTo: "accounts:read", key: \.id) { subject, query in
            try await store.accounts(of: subject, before: query.after, limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        try await request.document(allowedTo: "accounts:read") { try await store.account($1, of: $0) }
    }

    private func entries(_ request: Request) async throws -> Response {
        let account = try request.parameters.require("id")
        return try await request.page(
            of: "entries", allowedTo: "accounts:read", key: { String($0.sequence) }
        ) { subject, query in
            let before = query.after.map { Int64($0) ?? 0 }
            return try await store.entries(of: account, of: subject, before: before, limit: query.rows)
        }
    }
}
