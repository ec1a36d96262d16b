import HTTP
import HTTPTypes
import Logging
import Sockets
public import Spans

/// The traces of a process: begins a record for each request, and decides at its end what becomes of it.
///
/// A trace is exported and kept when the sampler chose it at its beginning, and also when the request failed (5xx) or was
/// slow, which nobody knows before its end.
public final class Traces: Sendable {
    /// Nothing is recorded.
    public static let off = Traces(.off, exporter: nil)

    let settings: TracingSettings
    let ring: TraceRing?
    private let exporter: OTLPExporter?
    private let addresses = AddressTexts()
    private let allowance: SampleAllowance?
    /// What is added to the ids of strangers' traces before they decide: they cannot choose to be sampled.
    private let secret: UInt64

    /// Whether anything is recorded.
    public var isOn: Bool { settings.isOn }

    /// The name of the service, as its traces give it.
    var serviceName: String { settings.resource.first { $0.name == "service.name" }?.value ?? "" }

    init(_ settings: TracingSettings, exporter: OTLPExporter?) {
        self.settings = settings
        self.exporter = exporter
        ring = settings.ringCount > 0 ? TraceRing(count: settings.ringCount, bytes: settings.ringBytes) : nil
        secret = TraceContext.newSpanID()
        allowance = settings.mostSampled.map { SampleAllowance(limit: $0) }
    }

    convenience init(
        _ settings: TracingSettings, version: String, client: HTTPClient, logger: Logger,
        metrics registry: MetricsRegistry
    ) {
        let metrics = TraceMetrics(registry)
        let exporter = settings.target.map {
            OTLPExporter(settings, to: $0, version: version, client: client, logger: logger, metrics: metrics)
        }
        self.init(settings, exporter: exporter)
        metrics.collect(exporter?.queue, ring, into: registry)
    }

    /// Begins to export.
    func start() { exporter?.start() }

    /// Sends what waits, in a bounded time.
    func stop() async { await exporter?.stop(within: settings.flushTime) }

    // MARK: - Requests

    /// A request has come: it gets a record, and its position in the trace becomes that of its own span.
    func began(_ context: RequestContext) {
        guard isOn else { return }
        let caller = context.acceptedTrace
        if settings.trustsCaller { context.baggage = context.acceptedBaggage }
        let record: TraceRecord
        if let caller {
            record = TraceRecord(
                .request, traceID: caller.traceID, rootID: TraceContext.newSpanID(), parentID: caller.spanID,
                isSampled: chooses(caller, at: context.arrivedAt), state: caller.state, start: context.arrivedAt)
        } else {
            let (trace, span) = TraceContext.newIDs()
            record = TraceRecord(
                .request, traceID: trace, rootID: span,
                isSampled: chooses(bits: trace.low, at: context.arrivedAt), start: context.arrivedAt)
        }
        context.trace = record
        context.traceparent = TraceContext(ActiveSpan(record))
    }

    private func chooses(bits: UInt64, at time: UInt64) -> Bool {
        guard settings.sampler.chooses(parent: nil, bits: bits) else { return false }
        return allowance?.admits(at: time) ?? true
    }

    private func chooses(_ caller: TraceContext, at time: UInt64) -> Bool {
        if settings.trustsCaller {
            return settings.sampler.chooses(parent: caller.isSampled, bits: caller.traceID.low)
        }
        return chooses(bits: SplitMix64.mix(caller.traceID.low ^ secret), at: time)
    }

    /// It was answered: its record is described and kept, or forgotten.
    func completed(_ exchange: borrowing CompletedExchange) {
        let context = exchange.context
        guard let record = context.trace else { return }
        let status = exchange.status.code
        let isSlow = !context.takesTime && exchange.nanoseconds >= settings.slow ?? .max
        let isNotable = status >= 500 || isSlow
        guard record.isSampled || isNotable else { return }
        describe(exchange, in: record)
        record.finish(at: context.arrivedAt &+ exchange.nanoseconds)
        keep(record, isNotable: isNotable)
    }

    private func keep(_ record: TraceRecord, isNotable: Bool) {
        ring?.add(record, isNotable: isNotable)
        exporter?.queue.offer(record)
    }

    private func describe(_ exchange: borrowing CompletedExchange, in record: TraceRecord) {
        let context = exchange.context
        let status = exchange.status.code
        let peer = context.client ?? addresses.text(of: context.peer)
        let method = AccessLog.method(exchange.head).description
        // Of a path that nobody knows anything may be in it.
        let path = context.route == nil ? nil : exchange.head.map { $0.string($0.rawPath) }
        let agent = exchange.head?.string(of: .userAgent)
        let failure = exchange.isTruncated ? "truncated" : status >= 500 ? String(status) : nil
        record.edit { contents in
            contents.set(.method, .text(method), of: 0)
            contents.set(.status, .integer(Int64(status)), of: 0)
            contents.set(.clientAddress, .text(peer), of: 0)
            contents.set(.requestID, .text(context.id), of: 0)
            func note(_ key: SpanKey, _ text: String?) {
                if let text { contents.set(key, .bounded(text), of: 0) }
            }
            note(.route, context.route)
            note(.path, path)
            note(.userAgent, agent)
            note(.caller, context.caller)
            note(.upstream, context.upstream)
            note(.reason, context.reason)
            if let failure { contents.fail(0, failure) }
        }
    }

    // MARK: - Other work

    /// Runs work that no request waits for in a trace of its own. It is kept when the sampler chooses it, and when the
    /// work fails.
    /// - Parameters:
    ///   - name: What it does, a constant.
    ///   - links: Traces that caused it.
    public func job<T: Sendable>(
        _ operation: SpanOperation = .job, named name: String? = nil, links: [SpanLink] = [],
        isolation: isolated (any Actor)? = #isolation, _ body: (ActiveSpan?) async throws -> T
    ) async rethrows -> T {
        guard isOn else { return try await body(nil) }
        let (trace, id) = TraceContext.newIDs()
        let record = TraceRecord(
            operation, traceID: trace, rootID: id, isSampled: chooses(bits: trace.low, at: SpanClock.now))
        if let name { record.rename(0, name) }
        for link in links { record.link(link) }
        let span = ActiveSpan(record)
        do {
            let result = try await ActiveSpan.$current.withValue(span) { try await body(span) }
            ended(record)
            return result
        } catch {
            record.fail(0, "\(type(of: error))")
            ended(record)
            throw error
        }
    }

    /// A record that is no request's is over.
    func ended(_ record: TraceRecord) {
        record.finish()
        let hasFailed = record.recorded.spans.contains { $0.hasFailed }
        if record.isSampled || hasFailed { keep(record, isNotable: hasFailed) }
    }
}
