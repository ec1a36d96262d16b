import Chassis
import Logging
import Synchronization

/// What all workers share.
struct RelayParts: Sendable {
    let store: PaymentsStore
    let sender: any WebhookSending
    let metrics: WebhookMetrics
    let logger: Logger
    /// For endpoints that work, and for those that do not: however many of the latter there are, they take nothing from
    /// the former.
    let slots = (working: DeliverySlots(192), failing: DeliverySlots(64))
    /// Returns at the time, in milliseconds since 1970, or earlier.
    let pause: @Sendable (_ until: Int64) async throws -> Void

    func slots(isFailing: Bool) -> DeliverySlots { isFailing ? slots.failing : slots.working }
}

/// Delivers to one endpoint, as long as it has anything pending. It waits for no other endpoint.
actor EndpointWorker {
    private let id: String
    private let parts: RelayParts
    private let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private var queue: EndpointQueue?
    private var underWay: Set<String> = []
    private var timer: Task<Void, Never>?

    init(_ id: String, _ parts: RelayParts) {
        self.id = id
        self.parts = parts
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be something new to do.
    nonisolated func wake() { continuation.yield() }

    /// Runs until nothing is pending, or the endpoint is gone or disabled, and `mayEnd` agrees; or until it is cancelled.
    func run(mayEnd: @Sendable () -> Bool) async {
        await withDiscardingTaskGroup { group in
            var next = wakes.makeAsyncIterator()
            repeat {
                timer?.cancel()
                do {
                    if try await !advance(&group), underWay.isEmpty, mayEnd() { break }
                } catch {
                    parts.logger.error(
                        "Webhooks could not be read", metadata: ["endpoint": "\(id)", "reason": "\(error)"])
                    wake(at: parts.store.clock.now + 1_000)
                }
            } while await next.next(isolation: self) != nil && !Task.isCancelled
            timer?.cancel()
        }
    }

    /// Begins what may begin, and has itself woken when more may.
    ///
    /// - Returns: Whether there is anything left to do.
    private func advance(_ group: inout DiscardingTaskGroup) async throws -> Bool {
        guard let endpoint = try await parts.store.webhookEndpoint(id), endpoint.isEnabled else { return false }
        var queue = self.queue ?? EndpointQueue(isFailing: endpoint.failingSince != nil)
        self.queue = queue
        let now = parts.store.clock.now
        let pending = try await parts.store.dueDeliveries(to: id, limit: EndpointQueue.width + underWay.count)
            .filter { !underWay.contains($0.delivery.id) }
        // It may have changed while the store was asked.
        queue = self.queue ?? queue
        let due = pending.prefix { ($0.delivery.nextAttemptAt ?? now) <= now }.prefix(queue.room(at: now))
        for (delivery, body) in due {
            queue.begin()
            underWay.insert(delivery.id)
            let isFailing = queue.isFailing
            group.addTask { await self.attempt(delivery, body, endpoint, isFailing) }
        }
        self.queue = queue
        guard let first = pending.dropFirst(due.count).first?.delivery.nextAttemptAt else { return !pending.isEmpty }
        // A worker whose attempts are under way is woken by their end.
        if underWay.isEmpty || first > now { wake(at: max(first, queue.isFailing ? queue.resumesAt : first)) }
        return true
    }

    private func attempt(
        _ delivery: WebhookDelivery, _ body: [UInt8], _ endpoint: WebhookEndpoint, _ isFailing: Bool
    ) async {
        let slots = parts.slots(isFailing: isFailing)
        await slots.take()
        let started = ContinuousClock.now
        let attempt = Task.isCancelled ? nil : await parts.sender.send(delivery, body: body, to: endpoint)
        slots.leave()
        if let attempt, !Task.isCancelled {
            parts.metrics.attempted(attempt, took: ContinuousClock.now - started)
            await settle(delivery, attempt)
        }
        underWay.remove(delivery.id)
        wake()
    }

    /// What cannot be written down is tried again later, as after a crash: at least once, not exactly once.
    private func settle(_ delivery: WebhookDelivery, _ attempt: DeliveryAttempt) async {
        var hasArrived = attempt.hasArrived
        do {
            let random = Double.random(in: 0..<1)
            if try await parts.store.settle(delivery, attempt, random: random) {
                parts.metrics.disabled.increment()
                parts.logger.notice("A webhook endpoint was disabled", metadata: ["endpoint": "\(id)"])
            }
        } catch {
            hasArrived = false
            parts.logger.error(
                "A delivery could not be written down", metadata: ["delivery": "\(delivery.id)", "reason": "\(error)"])
        }
        queue?.end(hasArrived: hasArrived, at: parts.store.clock.now, random: Double.random(in: 0..<1))
    }

    private func wake(at time: Int64) {
        timer?.cancel()
        timer = Task { [parts, continuation] in
            guard (try? await parts.pause(time)) != nil else { return }
            continuation.yield()
        }
    }
}
