import HTTP
import Spans
import Synchronization
import Tracing

/// The tracer of swift-distributed-tracing: spans of libraries, and of whoever calls `withSpan`, join the running request's
/// trace, and begin one of their own where there is none.
struct ServiceTracer: Tracer {
    private let traces: Traces

    init(_ traces: Traces) { self.traces = traces }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> LibrarySpan {
        let context = context()
        let time = LibrarySpan.time(of: instant())
        guard let parent = context[ActiveSpanKey.self] ?? ActiveSpan.current else {
            return root(operationName, context, kind, time)
        }
        let index = parent.record.begin(
            .library, below: max(parent.index, 0), named: operationName, kind: .init(kind), at: time)
        return LibrarySpan(ActiveSpan(parent.record, index), context: context, name: operationName, ending: nil)
    }

    /// A span of a new trace, or of one that came by ``extract(_:into:using:)``.
    private func root(
        _ name: String, _ context: InstrumentationContext, _ kind: Tracing.SpanKind, _ time: UInt64
    ) -> LibrarySpan {
        let caller = context[RemotePositionKey.self]
        let (trace, id) = TraceContext.newIDs()
        let traceID = caller?.traceID ?? trace
        let record = TraceRecord(
            .library, traceID: traceID, rootID: id, parentID: caller?.spanID ?? 0,
            isSampled: traces.isOn && traces.settings.sampler.chooses(parent: caller?.isSampled, bits: traceID.low),
            state: caller?.state, start: time)
        record.rename(0, name)
        return LibrarySpan(ActiveSpan(record), context: context, name: name, ending: traces)
    }

    func forceFlush() {}

    // MARK: - Between processes

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier) else { return }
        let state = extractor.extract(key: "tracestate", from: carrier).flatMap { $0.utf8.count <= 512 ? $0 : nil }
        context[RemotePositionKey.self] = TraceContext(traceparent: text, state: state)
    }

    func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context[ActiveSpanKey.self] ?? ActiveSpan.current else { return }
        injector.inject(TraceContext(span).traceparent, forKey: "traceparent", into: &carrier)
        if let state = span.record.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }
}

/// Where a context of swift-distributed-tracing has our span.
private enum ActiveSpanKey: InstrumentationContextKey {
    typealias Value = ActiveSpan
}

/// Where it has the position that came from another process.
private enum RemotePositionKey: InstrumentationContextKey {
    typealias Value = TraceContext
}

/// One span that a library began.
struct LibrarySpan: Tracing.Span {
    let context: InstrumentationContext
    private let active: ActiveSpan
    private let state: State
    /// Who is told of the end of a span with a trace of its own.
    private let traces: Traces?

    private final class State: Sendable {
        struct Values {
            var name: String
            var attributes: SpanAttributes = [:]
            var hasEnded = false
        }

        let values: Mutex<Values>

        init(_ name: String) { values = Mutex(Values(name: name)) }
    }

    init(_ active: ActiveSpan, context: InstrumentationContext, name: String, ending traces: Traces?) {
        var context = context
        context[ActiveSpanKey.self] = active
        self.context = context
        self.active = active
        self.traces = traces
        state = State(name)
    }

    var operationName: String {
        get { state.values.withLock { $0.name } }
        nonmutating set {
            state.values.withLock { $0.name = newValue }
            active.record.rename(active.index, newValue)
        }
    }

    var attributes: SpanAttributes {
        get { state.values.withLock { $0.attributes } }
        nonmutating set { state.values.withLock { $0.attributes = newValue } }
    }

    var isRecording: Bool { state.values.withLock { !$0.hasEnded } }

    func setStatus(_ status: SpanStatus) {
        if status.code == .error { active.record.fail(active.index, "error") }
    }

    /// Events are not recorded: everything that happens here is a span or an attribute.
    func addEvent(_ event: SpanEvent) {}

    func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        // Its description may hold what somebody sent.
        active.record.fail(active.index, "\(type(of: error))")
    }

    func addLink(_ link: Tracing.SpanLink) {
        guard let other = link.context[ActiveSpanKey.self] else { return }
        active.record.link(
            Spans.SpanLink(
                traceHigh: other.record.traceID.high, traceLow: other.record.traceID.low, spanID: other.id,
                of: max(active.index, 0)))
    }

    func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let attributes = state.values.withLock { values -> SpanAttributes? in
            if values.hasEnded { return nil }
            values.hasEnded = true
            return values.attributes
        }
        guard let attributes else { return }
        attributes.forEach { name, value in
            if let value = SpanValue(value) { active.record.set(SpanKey(name), value, of: active.index) }
        }
        active.record.end(active.index, at: Self.time(of: instant()))
        traces?.ended(active.record)
    }

    /// A time of the world by the clock of spans.
    static func time(of instant: some TracerInstant) -> UInt64 { instant.nanosecondsSinceEpoch &- SpanClock.epoch }
}

extension Spans.SpanKind {
    fileprivate init(_ kind: Tracing.SpanKind) {
        switch kind {
        case .server: self = .server
        case .client: self = .client
        case .producer: self = .producer
        case .consumer: self = .consumer
        case .internal: self = .internal
        }
    }
}

extension SpanValue {
    /// Numbers, flags and texts; lists are left out.
    fileprivate init?(_ attribute: Tracing.SpanAttribute) {
        switch attribute {
        case .int32(let number): self = .integer(Int64(number))
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .bool(let flag): self = .flag(flag)
        case .string(let text): self = .bounded(text)
        case .stringConvertible(let value): self = .bounded(String(describing: value))
        default: return nil
        }
    }
}
