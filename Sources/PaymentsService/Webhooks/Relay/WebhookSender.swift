import Chassis
import HTTP
import HTTPTypes
import Sockets

/// Makes one attempt to deliver.
protocol WebhookSending: Sendable {
    /// It does not throw: whatever goes wrong is a failed attempt.
    func send(_ delivery: WebhookDelivery, body: [UInt8], to endpoint: WebhookEndpoint) async -> DeliveryAttempt
}

/// Sends deliveries over HTTP: directly, to addresses that the rules permit, or through the egress proxy.
///
/// The address that was judged is the one that is connected to. Redirects are answers like others: they are not followed.
struct WebhookSender: WebhookSending {
    let client: HTTPClient
    let resolver: Resolver
    let policy: WebhookPolicy
    let secrets: WebhookSecrets
    let clock: any WallClock

    /// How many addresses of a name are tried when no connection comes to be.
    private static let mostAddresses = 3
    /// How much of an answer is read, in bytes, so that its connection can be used again; the rest is not waited for.
    private static let mostBody = 16 << 10

    func send(_ delivery: WebhookDelivery, body: [UInt8], to endpoint: WebhookEndpoint) async -> DeliveryAttempt {
        guard let url = WebhookURL(endpoint.url) else { return .failed("invalid_url") }
        // The policy may have changed since the endpoint was made.
        guard policy.objection(to: url) == nil else { return .failed("not_permitted") }
        let started = ContinuousClock.now
        let proxy = url.scheme == .https ? policy.egressProxy : nil
        guard let found = await addresses(of: proxy ?? url.endpoint) else { return .failed("resolution_failed") }
        let permitted = proxy == nil ? found.filter(policy.addresses.permits) : found
        guard !permitted.isEmpty else { return .failed("forbidden_address") }
        var request = self.request(delivery, body, endpoint, url, isProxied: proxy != nil)
        var failure = "resolution_failed"
        for address in permitted.prefix(Self.mostAddresses) {
            request.timeout = max(.zero, policy.timeout - (ContinuousClock.now - started))
            do {
                return await finish(try await client.execute(request, to: address))
            } catch {
                failure = error.code
                guard !error.requestWasSent else { break }
            }
        }
        return .failed(failure)
    }

    private func request(
        _ delivery: WebhookDelivery, _ body: [UInt8], _ endpoint: WebhookEndpoint, _ url: WebhookURL, isProxied: Bool
    ) -> ClientRequest {
        let now = clock.now
        let secrets = endpoint.secretVersions(at: now).map { self.secrets.secret(of: endpoint.id, version: $0) }
        var request = ClientRequest(
            method: .post, endpoint: url.endpoint, target: isProxied ? .absolute(url.text) : .text(url.target),
            fields: [.contentType: "application/json", .userAgent: "Tollgate-Webhooks/1"], body: .bytes(body))
        // Where a trace goes on is nobody's business outside.
        request.sharesTrace = false
        request.lines.append(name: "Tollgate-Event", value: delivery.event)
        request.lines.append(name: "Tollgate-Delivery", value: delivery.id)
        request.lines.append(
            name: WebhookSignature.fieldName,
            value: WebhookSignature.text(secrets: secrets, seconds: now / 1_000, body: body))
        return request
    }

    /// The status decides, and when to come again; the body is nobody's.
    private func finish(_ response: ClientResponse) async -> DeliveryAttempt {
        let status = response.head.statusCode
        let now = clock.now
        let wait = response.field(.retryAfter).flatMap { RetryAfter.wait($0, now: now) }
        _ = try? await response.body.collect(upTo: Self.mostBody)
        return .answered(status, leftAlone: wait ?? 0)
    }

    /// The system's resolver cannot be hurried: an attempt does not wait for it longer than for everything else.
    private func addresses(of endpoint: Endpoint) async -> [SocketAddress]? {
        if let known = resolver.remembered(endpoint) { return known }
        let (answers, continuation) = AsyncStream<[SocketAddress]?>.makeStream()
        Task { [resolver] in
            continuation.yield(try? await resolver.resolve(endpoint))
            continuation.finish()
        }
        let timer = Task { [policy] in
            try await Task.sleep(for: policy.timeout)
            continuation.finish()
        }
        defer { timer.cancel() }
        for await answer in answers { return answer }
        return nil
    }
}
