import Chassis
import TestSupport
import Testing

@testable import PaymentsService

/// Webhooks have no model: what there is to say about them, the invariants say.
extension RandomHistory {
    mutating func useWebhooks() async throws {
        let (store, owner) = (bank.store, pick(Self.owners))
        let endpoint = try await store.webhookEndpoints(of: owner, before: nil, limit: 10).randomElement(
            using: &generator)
        guard let endpoint, generator.chance(0.9) else { return try await listen(owner) }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            #expect(try await store.remove(webhookEndpoint: endpoint.id, of: owner))
            note("endpoint removed")
        case 1:
            _ = try await store.rotateSecret(ofWebhookEndpoint: endpoint.id, of: owner, overlapMilliseconds: 1_000)
        case 2:
            let order = WebhookEndpointOrder(isEnabled: !endpoint.isEnabled)
            _ = try await store.change(webhookEndpoint: endpoint.id, of: owner, by: order) { _ in true }
        case 3: _ = try await store.testWebhook(endpoint)
        case 4:
            let some = try await store.webhookDeliveries(to: endpoint.id, status: nil, before: nil, limit: 20)
            guard let delivery = some.randomElement(using: &generator) else { return }
            _ = try await store.redeliver(delivery.id, to: endpoint.id)
            note("delivery again")
        default: try await deliver(to: endpoint)
        }
    }

    private mutating func listen(_ owner: String) async throws {
        let types: [String]? = generator.chance(0.3) ? ["refund.succeeded", "payment.succeeded"] : nil
        let order = WebhookEndpointOrder(url: "https://\(owner).example/", types: types)
        note("endpoint", try await bank.store.makeWebhookEndpoint(order, for: owner, atMost: 3) != nil)
    }

    private mutating func deliver(to endpoint: WebhookEndpoint) async throws {
        for (delivery, _) in try await bank.store.dueDeliveries(to: endpoint.id, limit: 10) {
            let attempt = pick([DeliveryAttempt.answered(200), .answered(204), .answered(500), .failed("timeout")])
            let random = Double.random(in: 0..<1, using: &generator)
            try await bank.store.settle(delivery, attempt, random: random)
            note("delivery", attempt.hasArrived)
        }
    }
}
