import HTTP
import HTTPTypes
import JSON
import Logging
import Sockets
import Spans
import Synchronization

/// Sends finished traces to a collector by OTLP/HTTP with JSON, in batches, in the background.
///
/// What it cannot send is dropped and counted: a collector that is dead, slow or wrong costs a bounded amount of memory
/// and never a request's time.
final class OTLPExporter: Sendable {
    let queue: SpanQueue
    private let settings: TracingSettings
    private let target: OTLPTarget
    private let document: OTLPDocument
    private let client: HTTPClient
    private let logger: Logger
    private let metrics: TraceMetrics
    private let wakeup: Wakeup
    private let isStopping = Atomic(false)
    private let worker = Mutex<Task<Void, Never>?>(nil)

    init(
        _ settings: TracingSettings, to target: OTLPTarget, version: String, client: HTTPClient, logger: Logger,
        metrics: TraceMetrics
    ) {
        self.settings = settings
        self.target = target
        self.client = client
        self.logger = logger
        self.metrics = metrics
        document = OTLPDocument(resource: settings.resource, version: version)
        let wakeup = Wakeup()
        self.wakeup = wakeup
        queue = SpanQueue(limit: settings.queueLimit, batch: settings.batchLimit) { wakeup.wake() }
    }

    /// Begins to work.
    func start() {
        worker.withLock { worker in
            if worker == nil { worker = Task { await self.run() } }
        }
    }

    /// Sends what waits and ends; after `time` whatever has not been sent is given up.
    func stop(within time: Duration) async {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        wakeup.wake()
        guard let worker = worker.withLock({ $0 }) else { return }
        let alarm = Task {
            try await Task.sleep(for: time)
            worker.cancel()
        }
        await worker.value
        alarm.cancel()
    }

    private func run() async {
        // The memory of one body serves the next: pages that are new each time cost more than the bytes in them.
        var body: [UInt8] = []
        while !isStopping.load(ordering: .sequentiallyConsistent) {
            if queue.count < settings.batchLimit { await wakeup.sleep(for: settings.delay) }
            await sendAll(&body)
        }
        await sendAll(&body)
    }

    /// Sends batches until the queue is empty. The rest of a stop that took too long is counted as lost.
    private func sendAll(_ body: inout [UInt8]) async {
        while true {
            let records = queue.take()
            if records.isEmpty { return }
            let spans = records.reduce(0) { $0 + $1.count }
            if Task.isCancelled {
                metrics.lost(spans, .stopped)
            } else {
                document.write(records, into: &body)
                await send(body, spans)
                if body.capacity > Self.keptBytes { body = [] }
            }
        }
    }

    // MARK: - One batch

    /// What a body of usual spans takes; the memory of a larger one is given back.
    private static let keptBytes = 1 << 20

    private func send(_ body: [UInt8], _ spans: Int) async {
        var schedule = ExportSchedule(deadline: CoarseClock.milliseconds() + settings.patience.milliseconds)
        while true {
            let (outcome, answer) = await post(body)
            metrics.sent(outcome)
            let action = schedule.next(
                after: outcome, now: CoarseClock.milliseconds(), random: { UInt64.random(in: 0...$0) })
            switch action {
            case .done:
                return delivered(spans, answer)
            case .retry(let delay) where !isStopping.load(ordering: .sequentiallyConsistent):
                await wakeup.pause(milliseconds: delay) { isStopping.load(ordering: .sequentiallyConsistent) }
            case .retry, .drop:
                metrics.lost(spans, Task.isCancelled ? .stopped : .notExported)
                complain(outcome, spans)
                return await rest(until: schedule.quietUntil)
            }
        }
    }

    /// The collector has said when to come again, and it means other batches too.
    private func rest(until quiet: UInt64) async {
        let now = CoarseClock.milliseconds()
        guard quiet > now else { return }
        await wakeup.pause(milliseconds: min(quiet - now, 60_000)) {
            isStopping.load(ordering: .sequentiallyConsistent)
        }
    }

    private func post(_ body: [UInt8]) async -> (ExportSchedule.Outcome, [UInt8]) {
        do {
            let response = try await client.execute(try request(body))
            let status = response.head.statusCode
            let wait = response.field(.retryAfter).flatMap { RetryAfter.wait($0, now: SystemWallClock().now) }
            let answer = (try? await response.body.collect(upTo: 64 << 10)) ?? []
            return (.status(status, retryAfter: wait.map { UInt64($0) }), answer)
        } catch {
            return (.noAnswer, [])
        }
    }

    private func request(_ body: [UInt8]) throws -> ClientRequest {
        var fields: HTTPFields = [.contentType: "application/json", .userAgent: "tollgate"]
        for (name, value) in settings.headers.flatMap({ OTLPHeaders($0.current.exposed) })?.pairs ?? [] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        var request = ClientRequest(
            method: .post, endpoint: target.endpoint, target: .text(target.path), fields: fields)
        if settings.compression == .gzip {
            request.fields[.contentEncoding] = "gzip"
            request.body = .bytes(try Gzip.compressed(body))
        } else {
            request.body = .bytes(body)
        }
        request.timeout = settings.timeout
        request.responseHeadTimeout = settings.timeout
        return request
    }

    /// A collector may have refused some of them ("Partial Success"): they are not to be sent again.
    private func delivered(_ spans: Int, _ answer: [UInt8]) {
        let partial = (try? JSONValue(parsing: answer))?["partialSuccess"]
        let count = partial?["rejectedSpans"]
        let rejected = min(spans, max(0, Int(clamping: count?.integer ?? count?.string.flatMap { Int64($0) } ?? 0)))
        metrics.exported(spans - rejected)
        guard rejected > 0 else { return }
        metrics.lost(rejected, .rejected)
        logger.warning(
            "The collector refused spans",
            metadata: ["count": "\(rejected)", "reason": "\(partial?["errorMessage"]?.string ?? "")"])
    }

    private func complain(_ outcome: ExportSchedule.Outcome, _ spans: Int) {
        let reason = if case .status(let status, _) = outcome { "status \(status)" } else { "no answer" }
        logger.warning(
            "Spans could not be exported",
            metadata: ["count": "\(spans)", "endpoint": "\(target.endpoint)", "reason": "\(reason)"])
    }
}

extension Wakeup {
    /// Sleeps at least so long, whoever wakes it for another reason, unless `isOver` says that nobody wants to wait.
    func pause(milliseconds: UInt64, unless isOver: () -> Bool) async {
        let end = CoarseClock.milliseconds() + milliseconds
        while !isOver(), !Task.isCancelled {
            let now = CoarseClock.milliseconds()
            guard now < end else { return }
            await sleep(for: .milliseconds(end - now))
        }
    }
}
