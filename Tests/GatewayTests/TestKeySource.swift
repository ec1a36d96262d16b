import Chassis
import Logging
import Synchronization

@testable import Gateway

/// A key source without a network, on a clock that only sleepers and tests move.
enum TestKeySource {
    static func make(
        algorithms: [TokenAlgorithm] = TokenAlgorithm.allCases, clock: ManualMilliseconds = ManualMilliseconds(),
        version: (@Sendable () -> FileVersion?)? = nil, fetch: @escaping @Sendable () async throws -> [UInt8]
    ) -> KeySource {
        KeySource(
            schedule: KeySetSchedule(coolDown: 30_000, refresh: 300_000), algorithms: algorithms,
            origin: .init(fetch: fetch, version: version),
            metrics: IssuerMetrics(MetricsRegistry(), name: "test"),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), clock: { clock.now },
            sleep: { clock.advance($0) })
    }
}

/// A monotonic clock that a test moves.
final class ManualMilliseconds: Sendable {
    private let time = Atomic<UInt64>(1_000_000)

    var now: UInt64 { time.load(ordering: .relaxed) }

    func advance(_ milliseconds: UInt64) { time.wrappingAdd(milliseconds, ordering: .relaxed) }
}
