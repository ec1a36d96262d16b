import Chassis
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import PaymentsService

/// Receivers that a test plays: what they were sent, and what they answer.
final class ScriptedSender: WebhookSending {
    struct Sent: Sendable {
        let delivery: WebhookDelivery
        let body: [UInt8]
        let endpoint: String
    }

    private let answer: @Sendable (Sent) async -> DeliveryAttempt
    private let all = Collected<Sent>()
    private let counts = Mutex<[String: (now: Int, most: Int)]>([:])

    init(_ answer: @escaping @Sendable (Sent) async -> DeliveryAttempt = { _ in .answered(200) }) {
        self.answer = answer
    }

    var sent: [Sent] { all.all }
    func sent(to endpoint: String) -> [Sent] { all.all.filter { $0.endpoint == endpoint } }
    /// The most attempts that were under way to an endpoint at a time.
    func mostAtATime(to endpoint: String) -> Int { counts.withLock { $0[endpoint]?.most ?? 0 } }

    func send(_ delivery: WebhookDelivery, body: [UInt8], to endpoint: WebhookEndpoint) async -> DeliveryAttempt {
        let sent = Sent(delivery: delivery, body: body, endpoint: endpoint.id)
        all.append(sent)
        change(endpoint.id, by: 1)
        defer { change(endpoint.id, by: -1) }
        return await answer(sent)
    }

    private func change(_ endpoint: String, by amount: Int) {
        counts.withLock { counts in
            var count = counts[endpoint] ?? (0, 0)
            count.now += amount
            count.most = max(count.most, count.now)
            counts[endpoint] = count
        }
    }
}

extension StoreFixture {
    func relay(_ sender: any WebhookSending, on other: PaymentsStore? = nil) -> WebhookRelay {
        let clock = clock
        return WebhookRelay(
            RelayParts(
                store: other ?? store, sender: sender, metrics: WebhookMetrics(metrics), logger: Logger(label: "test")
            ) { until in
                while clock.now < until { try await Task.sleep(for: .milliseconds(2)) }
            })
    }

    /// Runs `body` while events are distributed and delivered.
    func delivering(
        to sender: any WebhookSending, mostPending: Int = 10_000, _ body: (WebhookRelay) async throws -> Void
    ) async throws {
        let relay = relay(sender)
        let distributor = EventDistributor(
            store: store, commits: commits, logger: Logger(label: "test"), mostPending: mostPending,
            deliver: { relay.wake($0) }, pause: .milliseconds(1))
        let tasks = [Task { await relay.run() }, Task { await distributor.run() }]
        let result: Result<Void, any Error>
        do { result = .success(try await body(relay)) } catch { result = .failure(error) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        try result.get()
    }

    func endpoint(
        of owner: String, types: [String]? = nil, url: String = "http://example.com/hook"
    ) async throws -> String {
        var order = WebhookEndpointOrder(url: url)
        order.types = .some(types)
        guard let endpoint = try await store.makeWebhookEndpoint(order, for: owner, atMost: 100) else {
            throw Unexpected("no endpoint")
        }
        return endpoint.id
    }

    func deliveries(to endpoint: String, _ status: WebhookDelivery.Status? = nil) async throws -> [WebhookDelivery] {
        try await store.webhookDeliveries(to: endpoint, status: status, before: nil, limit: 10_000)
    }
}
