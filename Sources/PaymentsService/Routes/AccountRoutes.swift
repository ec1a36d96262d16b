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
        return try await post.unlessKnown {
            try await store.openAccount(in: try Currency(json: post.body), for: subject, once: post.request)
        }.response()
    }

    private func list(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:read")
        let query = try ListQuery(request, kind: "accounts")
        let accounts = try await store.accounts(of: subject, before: query.after, limit: query.rows)
        return query.page(accounts, key: \.id) { account, json in account.write(to: &json) }
    }

    private func get(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:read")
        guard let account = try await store.account(try request.parameters.require("id"), of: subject) else {
            throw Problem.notFound
        }
        return .json(account.json)
    }

    private func entries(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:read")
        let account = try request.parameters.require("id")
        let query = try ListQuery(request, kind: "entries")
        let before = query.after.map { Int64($0) ?? 0 }
        guard let entries = try await store.entries(of: account, of: subject, before: before, limit: query.rows) else {
            throw Problem.notFound
        }
        return query.page(entries, key: { String($0.sequence) }) { entry, json in entry.write(to: &json) }
    }
}
