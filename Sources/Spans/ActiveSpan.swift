#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The span that the running task works for: what is begun now belongs below it, and what is logged now carries its ids.
public struct ActiveSpan: Sendable {
    /// The record that it is in.
    public let record: TraceRecord
    /// Its index there.
    public let index: Int

    /// The span of the running task; nil when nothing is traced.
    @TaskLocal public static var current: ActiveSpan?

    /// The span `index` of `record`.
    public init(_ record: TraceRecord, _ index: Int = 0) {
        self.record = record
        self.index = index
    }

    /// Its id.
    public var id: UInt64 { record.id(of: index) }

    /// Runs `body` in a span below the current one, or without any when there is none. An error ends the span as failed,
    /// by the name that `errorType` gives it.
    public static func with<T>(
        _ operation: SpanOperation, named name: String? = nil,
        errorType: (any Error) -> String = { "\(type(of: $0))" },
        isolation: isolated (any Actor)? = #isolation, _ body: (ActiveSpan?) async throws -> T
    ) async rethrows -> T {
        guard let current else { return try await body(nil) }
        let span = current.begin(operation, named: name)
        do {
            let result = try await $current.withValue(span) { try await body(span) }
            span.end()
            return result
        } catch {
            span.record.end(span.index, failedBy: errorType(error))
            throw error
        }
    }

    /// Begins a span below this one.
    public func begin(_ operation: SpanOperation, named name: String? = nil) -> ActiveSpan {
        ActiveSpan(record, record.begin(operation, below: max(index, 0), named: name))
    }

    /// Ends it.
    public func end() { record.end(index) }
}

/// Lets another thread run.
@inline(never)
func yieldProcessor() { sched_yield() }
