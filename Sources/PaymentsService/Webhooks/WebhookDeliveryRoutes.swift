import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/webhook-endpoints/{id}/test` and `…/deliveries`: what was sent to an endpoint, and sending it again.
struct WebhookDeliveryRoutes: Sendable {
    let store: PaymentsStore
    let relay: WebhookRelay

    func install(in router: inout Router) {
        router.post("/v1/webhook-endpoints/{id}/test", bodyLimit: 1_024) { request in try await test(request) }
        router.get("/v1/webhook-endpoints/{id}/deliveries") { request in try await list(request) }
        router.post("/v1/webhook-endpoints/{id}/deliveries/{delivery}/redeliver", bodyLimit: 1_024) { request in
            try await redeliver(request)
        }
    }

    /// 202 with a delivery of the type `webhook.test`, which was not waited for.
    private func test(_ request: Request) async throws -> Response {
        let endpoint = try await enabledEndpoint(of: request)
        guard let delivery = try await store.testWebhook(endpoint) else { throw Problem.notFound }
        relay.wake(endpoint.id)
        return .json(delivery.json, status: .accepted)
    }

    /// Newest first; `?status=` shows those that are pending, delivered, or dead.
    private func list(_ request: Request) async throws -> Response {
        let id = try request.parameters.require("id")
        let status = try request.query["status"].map { text in
            guard let status = WebhookDelivery.Status(rawValue: text) else {
                throw Problem(
                    .badRequest, "invalid_query", detail: "status must be one of pending, delivered and dead.")
            }
            return status
        }
        let kind = "deliveries-\(status?.rawValue ?? "all")"
        return try await request.page(of: kind, allowedTo: "payments:read", key: \WebhookDelivery.id) {
            subject, query in
            guard let endpoint = try await store.webhookEndpoint(id, of: subject) else { return nil }
            return try await store.webhookDeliveries(
                to: endpoint.id, status: status, before: query.after, limit: query.rows)
        }
    }

    /// 202 with the delivery, which is due now.
    private func redeliver(_ request: Request) async throws -> Response {
        let endpoint = try await enabledEndpoint(of: request)
        let id = try request.parameters.require("delivery")
        guard let delivery = try await store.redeliver(id, to: endpoint.id) else { throw Problem.notFound }
        relay.wake(endpoint.id)
        return .json(delivery.json, status: .accepted)
    }

    /// The endpoint that a write is about; its body has no members.
    ///
    /// - Throws: `Problem` 404, 409 `webhook_endpoint_disabled`.
    private func enabledEndpoint(of request: Request) async throws -> WebhookEndpoint {
        try request.require(scope: "payments:read")
        let subject = try request.subject(allowedTo: "payments:write")
        try JSONObjectReader.expectEmpty(try await request.jsonBody(mayBeLeftOut: true))
        guard let endpoint = try await store.webhookEndpoint(try request.parameters.require("id"), of: subject) else {
            throw Problem.notFound
        }
        guard endpoint.isEnabled else {
            throw Problem(.conflict, "webhook_endpoint_disabled", detail: "Enable the endpoint first.")
        }
        return endpoint
    }
}
