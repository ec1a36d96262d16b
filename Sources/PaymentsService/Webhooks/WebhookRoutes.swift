import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/webhook-endpoints` (docs/webhooks.md).
struct WebhookRoutes: Sendable {
    let store: PaymentsStore
    let webhooks: Webhooks

    private static let bodyLimit = 16 << 10

    func install(in router: inout Router) {
        router.post("/v1/webhook-endpoints", bodyLimit: Self.bodyLimit) { request in try await create(request) }
        router.get("/v1/webhook-endpoints") { request in try await list(request) }
        router.get("/v1/webhook-endpoints/{id}") { request in try await get(request) }
        router.patch("/v1/webhook-endpoints/{id}", bodyLimit: Self.bodyLimit) { request in try await edit(request) }
        router.delete("/v1/webhook-endpoints/{id}") { request in try await remove(request) }
        router.post("/v1/webhook-endpoints/{id}/rotate-secret", bodyLimit: Self.bodyLimit) { request in
            try await rotate(request)
        }
    }

    /// An endpoint shows somebody else what its owner may read: who makes one needs both scopes.
    private func writer(_ request: Request) throws -> String {
        try request.require(scope: "payments:read")
        return try request.subject(allowedTo: "payments:write")
    }

    /// 201 with the secret, which is shown this once.
    private func create(_ request: Request) async throws -> Response {
        let subject = try writer(request)
        let order = try WebhookEndpointOrder.creation(json: try await request.jsonBody(), webhooks.policy)
        let limit = webhooks.policy.endpointsPerUser
        guard let endpoint = try await store.makeWebhookEndpoint(order, for: subject, atMost: limit) else {
            throw Problem(
                .conflict, "webhook_endpoint_limit", detail: "There may be \(limit) endpoints. Remove one first.")
        }
        return answer(
            endpoint, status: .created, showsSecret: true, fields: [.location: "/v1/webhook-endpoints/\(endpoint.id)"])
    }

    private func list(_ request: Request) async throws -> Response {
        try await request.page(of: "webhook-endpoints", allowedTo: "payments:read", key: \.id) { subject, query in
            try await store.webhookEndpoints(of: subject, before: query.after, limit: query.rows)
        }
    }

    private func get(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:read")
        guard let endpoint = try await store.webhookEndpoint(try request.parameters.require("id"), of: subject) else {
            throw Problem.notFound
        }
        return answer(endpoint)
    }

    private func edit(_ request: Request) async throws -> Response {
        let subject = try writer(request)
        let order = try WebhookEndpointOrder.change(json: try await request.jsonBody(), webhooks.policy)
        let id = try request.parameters.require("id")
        let change = try await store.change(
            webhookEndpoint: id, of: subject, by: order, if: request.versionCondition)
        switch change {
        case .missing: throw Problem.notFound
        case .conflict: throw Problem.preconditionFailed
        case .changed(let endpoint):
            // What has waited while it was disabled is due.
            if endpoint.isEnabled { webhooks.relay.wake(endpoint.id) }
            return answer(endpoint)
        }
    }

    private func remove(_ request: Request) async throws -> Response {
        let subject = try writer(request)
        guard try await store.remove(webhookEndpoint: try request.parameters.require("id"), of: subject) else {
            throw Problem.notFound
        }
        return .empty(.noContent)
    }

    /// 200 with the new secret, which is shown this once.
    private func rotate(_ request: Request) async throws -> Response {
        let subject = try writer(request)
        let rotation = try SecretRotation(json: try await request.jsonBody(mayBeLeftOut: true))
        let endpoint = try await store.rotateSecret(
            ofWebhookEndpoint: try request.parameters.require("id"), of: subject,
            overlapMilliseconds: rotation.overlapSeconds * 1_000)
        guard let endpoint else { throw Problem.notFound }
        return answer(endpoint, showsSecret: true)
    }

    private func answer(
        _ endpoint: WebhookEndpoint, status: HTTPResponse.Status = .ok, showsSecret: Bool = false,
        fields more: HTTPFields = [:]
    ) -> Response {
        let secret = showsSecret ? webhooks.secrets.secret(of: endpoint.id, version: endpoint.secretVersion) : nil
        var fields = more
        fields[.contentType] = "application/json"
        fields[.eTag] = VersionTag(endpoint.version).text
        if showsSecret { fields[.cacheControl] = "no-store" }
        return Response(status: status, fields: fields, body: .bytes(endpoint.document(secret: secret)))
    }
}
