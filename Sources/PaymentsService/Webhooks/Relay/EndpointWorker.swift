import Chassis
import HTTP
import Spans
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
    var traces = Traces.off
    /// Returns at the time, in milliseconds since 1970, or earlier.
    let pause: @Sendable (_ until: Int64) async throws -> Void

    func slots(isFailing: Bool) -> DeliverySlots { isFailing ? slots.failing : slots.working }
}

extension EndpointQueue {
    /// When a delivery is to be tried. The first time that is at once, also when the clock was set back since.
    fileprivate func due(_ delivery: WebhookDelivery) -> Int64 {
        delivery.attempts == 0 ? 0 : due(at: delivery.nextAttemptAt ?? 0, lastAttemptAt: delivery.lastAttemptAt)
    }
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

    /// Runs until nothing is pending, or the endpoint receives nothing any more, and `mayEnd` agrees; or until it is cancelled.
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
        guard let endpoint = try await parts.store.receivingWebhookEndpoint(id) else { return false }
        var queue = self.queue ?? EndpointQueue(isFailing: endpoint.failingSince != nil)
        self.queue = queue
        let now = parts.store.clock.now
        // Attempts end while the store is asked, which then says of them what was true before. Their ends have the worker
        // look again.
        let begun = underWay
        let pending = try await parts.store.dueDeliveries(to: id, limit: EndpointQueue.width + begun.count)
            .filter { !begun.contains($0.delivery.id) }
        queue = self.queue ?? queue
        let due = pending.prefix { queue.due($0.delivery) <= now }.prefix(queue.room(at: now))
        for (delivery, body) in due {
            queue.begin()
            underWay.insert(delivery.id)
            let isFailing = queue.isFailing
            group.addTask { await self.attempt(delivery, body, isFailing) }
        }
        self.queue = queue
        guard let first = pending.dropFirst(due.count).first.map({ queue.due($0.delivery) }) else {
            return !pending.isEmpty || !begun.isEmpty
        }
        // A worker whose attempts are under way is woken by their end.
        if underWay.isEmpty || first > now { wake(at: max(first, queue.resumesAt)) }
        return true
    }

    private func attempt(_ delivery: WebhookDelivery, _ body: [UInt8], _ isFailing: Bool) async {
        let slots = parts.slots(isFailing: isFailing)
        await slots.take()
        let started = ContinuousClock.now
        let attempt = await send(delivery, body)
        slots.leave()
        // What was cut off by the end of the service is no failure. What has arrived has, and is not sent again.
        if let attempt, attempt.hasArrived || !Task.isCancelled {
            parts.metrics.attempted(attempt, took: ContinuousClock.now - started)
            await settle(delivery, attempt)
        } else {
            queue?.abandon()
        }
        underWay.remove(delivery.id)
        wake()
    }

    /// Nothing is sent where the endpoint has ceased to receive while a slot was waited for.
    private func send(_ delivery: WebhookDelivery, _ body: [UInt8]) async -> DeliveryAttempt? {
        guard !Task.isCancelled, let endpoint = try? await parts.store.receivingWebhookEndpoint(id) else { return nil }
        return await send(delivery, body, to: endpoint)
    }

    /// A trace of its own, which is linked to the one that the event comes from.
    private func send(
        _ delivery: WebhookDelivery, _ body: [UInt8], to endpoint: WebhookEndpoint
    ) async -> DeliveryAttempt {
        let cause = delivery.trace.flatMap { TraceContext(traceparent: $0) }
        let links = cause.map { [SpanLink(traceHigh: $0.traceID.high, traceLow: $0.traceID.low, spanID: $0.spanID)] }
        return await parts.traces.job(.delivery, links: links ?? []) { span in
            span?.record.set(.messagingSystem, text: "webhook")
            span?.record.set(.messageID, text: delivery.event)
            span?.record.set(.eventType, text: delivery.type)
            if delivery.attempts > 0 { span?.record.set(.resendCount, delivery.attempts) }
            let attempt = await parts.sender.send(delivery, body: body, to: endpoint)
            if let status = attempt.responseStatus { span?.record.set(.status, status) }
            if !attempt.hasArrived { span?.record.fail(0, attempt.failure ?? "refused") }
            return attempt
        }
    }

    /// What cannot be written down is written down later, and not sent again, unless the service ends before: at least once,
    /// not exactly once.
    private func settle(_ delivery: WebhookDelivery, _ attempt: DeliveryAttempt) async {
        // A failure counts before others begin.
        if !attempt.hasArrived { end(attempt) }
        var isFirst = true
        while await !isWritten(delivery, attempt, says: isFirst) {
            isFirst = false
            guard (try? await parts.pause(parts.store.clock.now + 1_000)) != nil, !Task.isCancelled else { break }
        }
        if attempt.hasArrived { end(attempt) }
    }

    /// Writes down how an attempt ended.
    ///
    /// - Parameter says: Whether a failure is logged.
    private func isWritten(_ delivery: WebhookDelivery, _ attempt: DeliveryAttempt, says: Bool) async -> Bool {
        do {
            let random = Double.random(in: 0..<1)
            if try await parts.store.settle(delivery, attempt, random: random) {
                parts.metrics.disabled.increment()
                parts.logger.notice("A webhook endpoint was disabled", metadata: ["endpoint": "\(id)"])
            }
            return true
        } catch {
            guard says else { return false }
            parts.logger.error(
                "A delivery could not be written down", metadata: ["delivery": "\(delivery.id)", "reason": "\(error)"])
            return false
        }
    }

    private func end(_ attempt: DeliveryAttempt) {
        queue?.end(
            hasArrived: attempt.hasArrived, leftAlone: attempt.leftAlone, at: parts.store.clock.now,
            random: Double.random(in: 0..<1))
    }

    private func wake(at time: Int64) {
        timer?.cancel()
        timer = Task { [parts, continuation] in
            guard (try? await parts.pause(time)) != nil else { return }
            continuation.yield()
        }
    }
}
