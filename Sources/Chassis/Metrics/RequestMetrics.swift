import HTTP
import HTTPTypes
import Sockets
import Synchronization

/// Rate, errors and duration per route: `http_server_request_duration_seconds` with OpenTelemetry's attributes.
///
/// Each loop remembers its cells, so that a request costs a look into its own dictionary and two additions.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let method: UInt8
        let status: Int
        let route: String?
    }

    private final class Shard: Sendable {
        let cells = Mutex<[Key: HistogramMetric]>([:])
    }

    private let registry: MetricsRegistry
    private let clock: any WallClock
    private let shards: [Shard]

    init(_ registry: MetricsRegistry, clock: any WallClock = SystemWallClock(), shards: Int = 16) {
        self.registry = registry
        self.clock = clock
        self.shards = (0..<max(1, shards)).map { _ in Shard() }
    }

    func record(_ exchange: borrowing CompletedExchange) {
        let head = exchange.head
        let key = Key(
            method: head?.methodKind.rawValue ?? .max, status: exchange.status.code, route: exchange.context.route)
        let nanoseconds = exchange.nanoseconds
        let shard = shards[(EventLoop.current?.index ?? 0) % shards.count]
        shard.cells.withLock { cells in
            let cell = cells[key] ?? make(key, AccessLog.method(head), &cells)
            if let trace = exchange.context.sampledTrace {
                cell.observe(units: nanoseconds, of: trace, at: clock.now)
            } else {
                cell.observe(units: nanoseconds)
            }
        }
    }

    private func make(
        _ key: Key, _ method: StaticString, _ cells: inout [Key: HistogramMetric]
    ) -> HistogramMetric {
        let cell = registry.histogram(
            ChassisMetricSet.declared.requestDuration,
            labels: [
                "http_request_method": "\(method)", "http_response_status_code": String(key.status),
                // Paths that match no route share one series: their number is up to whoever calls.
                "http_route": key.route ?? "unmatched",
            ])
        cells[key] = cell
        return cell
    }
}

/// Feeds the access log, the request metrics and the traces.
struct ExchangeObserver: HTTPServerObserver {
    let metrics: RequestMetrics
    /// `nil` when the access log is off.
    let accessLog: AccessLog?
    /// `nil` when tracing is off.
    let traces: Traces?

    func began(_ context: RequestContext) { traces?.began(context) }

    func completed(_ exchange: borrowing CompletedExchange) {
        metrics.record(exchange)
        accessLog?.record(exchange)
        traces?.completed(exchange)
    }
}
