import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/accounts`
struct AccountRoutes: Sendable {
    let store: PaymentsStore

    func install(in router: inout Router) {
        router.post("/v1/accounts", bodyLimit: KeyedPost.bodyLimit) { request in try await open(request) }
        router.get("/v1/accounts") { request in try await list(request) }
        router.get("/v1/accounts/{id}") { request in try await get(request) }
        router.patch("/v1/accounts/{id}", bodyLimit: Self.actLimit) { request in try await rename(request) }
        router.post("/v1/accounts/{id}/freeze", bodyLimit: Self.actLimit) { try await act(.freeze, $0) }
        router.post("/v1/accounts/{id}/unfreeze", bodyLimit: Self.actLimit) { try await act(.unfreeze, $0) }
        router.post("/v1/accounts/{id}/close", bodyLimit: Self.actLimit) { try await act(.close, $0) }
        router.get("/v1/accounts/{id}/entries") { request in try await entries(request) }
    }

    /// The most bytes of a body that has one short member, or none.
    private static let actLimit = 4_096

    /// The key is optional here: an account opened twice is untidy, not expensive.
    private func open(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:write")
        guard request.field(.idempotencyKey) != nil else {
            let order = try AccountOrder(json: try await request.jsonBody())
            return try await store.openAccount(in: order.currency, named: order.name, for: subject, once: nil)
                .response()
        }
        let post = try await KeyedPost(request, by: subject, in: store)
        let outcome = try await post.unlessKnown {
            let order = try AccountOrder(json: post.body)
            return try await store.openAccount(
                in: order.currency, named: order.name, for: subject, once: post.request)
        }
        return try post.response(to: outcome)
    }

    private func list(_ request: Request) async throws -> Response {
        try await request.page(of: "accounts", allowedTo: "accounts:read", key: \.id) { subject, query in
            try await store.accounts(of: subject, before: query.after, limit: query.rows)
        }
    }

    /// The entity tag is that of name and status; the balance changes without it.
    private func get(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:read")
        guard let account = try await store.account(try request.parameters.require("id"), of: subject) else {
            throw Problem.notFound
        }
        return .json(account.json, fields: [.eTag: account.tag])
    }

    /// `{name}`, null for none: 200 with the new `ETag`, or 412 when `If-Match` names another version.
    private func rename(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:write")
        let name = try AccountOrder.name(json: try await request.jsonBody())
        let outcome = try await store.rename(
            try request.parameters.require("id"), of: subject, to: name, if: request.versionCondition)
        switch outcome {
        case .changed(let account): return .json(account.json, fields: [.eTag: account.tag])
        case .refused(let refusal): throw refusal.problem
        case .missing: throw Problem.notFound
        case .conflict: throw Problem.preconditionFailed
        }
    }

    /// The account, frozen, unfrozen or closed now or before. The key is optional: the same again changes nothing.
    private func act(_ act: Account.Act, _ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "accounts:write")
        let id = try request.parameters.require("id")
        guard request.field(.idempotencyKey) != nil else {
            try JSONObjectReader.expectEmpty(try await request.jsonBody(mayBeLeftOut: true))
            return try await store.act(act, on: id, of: subject, once: nil).response()
        }
        let post = try await KeyedPost(request, by: subject, in: store, mayHaveNoBody: true)
        let outcome = try await post.unlessKnown {
            try JSONObjectReader.expectEmpty(post.body)
            return try await store.act(act, on: id, of: subject, once: post.request)
        }
        return try post.response(to: outcome)
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

extension Account {
    /// The value of the `ETag` field.
    fileprivate var tag: String { VersionTag(version).text }
}
