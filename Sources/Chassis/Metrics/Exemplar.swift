import HTTP
import Synchronization

/// A request that fell into a bucket of a histogram, by its trace: the way from a graph to what was slow.
public struct Exemplar: Sendable, Hashable {
    /// The id of the sampled trace, 32 hexadecimal digits.
    public let traceID: String
    /// The observed value in the histogram's unit.
    public let value: Double
    /// When it was observed, milliseconds since 1970.
    public let milliseconds: Int64
}

/// The latest exemplar of each bucket. There is none, and no memory for them, until the first sampled request.
final class ExemplarTable: Sendable {
    private struct Entry {
        let trace: (high: UInt64, low: UInt64)
        let value: Double
        let milliseconds: Int64
    }

    private let entries = Mutex<[Entry?]>([])

    func keep(_ trace: TraceContext, _ value: Double, at milliseconds: Int64, bucket: Int, of count: Int) {
        entries.withLock { entries in
            if entries.isEmpty { entries = Array(repeating: nil, count: count) }
            entries[bucket] = Entry(trace: trace.traceID, value: value, milliseconds: milliseconds)
        }
    }

    /// One place per bucket; nil when there was no exemplar at all.
    var all: [Exemplar?]? {
        let entries = entries.withLock { $0 }
        guard !entries.isEmpty else { return nil }
        return entries.map { entry in
            entry.map { entry in
                let trace = TraceContext(traceID: entry.trace, spanID: 1, isSampled: true)
                return Exemplar(traceID: trace.traceIDText, value: entry.value, milliseconds: entry.milliseconds)
            }
        }
    }
}
