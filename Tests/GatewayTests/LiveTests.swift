import Chassis
import HTTP
import HTTPTypes
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// What those who watch the gateway are told, and how many may.
@Suite struct LiveTests {
    private static let route = LiveCounts.Route(method: "GET", path: "/a")

    private static func counts(_ requests: UInt64, errors: UInt64 = 0, bucket: Int = 1) -> LiveCounts {
        var durations = [UInt64](repeating: 0, count: HistogramMetric.latencyBounds.count + 1)
        durations[bucket] = requests
        var counts = LiveCounts()
        counts.routes[route] = .init(requests: requests, errors: errors, durations: durations)
        counts.upstreams["users"] = .init(requests: requests, errors: errors, durations: durations)
        counts.limits["per-user"] = .init(allowed: requests, refused: errors)
        return counts
    }

    @Test func ratesAreOfTheLastSecondAndDurationsOfTheLastTen() throws {
        var history = LiveHistory()
        let first = history.add(Self.counts(1_000), at: 5_000)
        #expect(first.interval == 0)
        #expect(first.total.rate == 0)
        #expect(first.routes.isEmpty)
        let second = history.add(Self.counts(1_030, errors: 3), at: 6_000)
        #expect(second.total.rate == 30)
        #expect(second.total.errors == 3)
        #expect(second.upstream("users").rate == 30)
        #expect(second.upstream("unknown") == .init())
        #expect(second.limit("per-user").refused == 3)
        // All of them are in the bucket from 0.5 ms to 1 ms.
        #expect(try #require(second.total.median) == 0.75)
        let third = history.add(Self.counts(1_030, errors: 3), at: 6_500)
        #expect(third.total.rate == 0)
        #expect(third.routes.map(\.route) == [Self.route])
        #expect(third.total.median == 0.75)
        for second in 7...17 { _ = history.add(Self.counts(1_030, errors: 3), at: UInt64(second) * 1_000) }
        let last = history.add(Self.counts(1_030, errors: 3), at: 18_000)
        #expect(last.routes.isEmpty)
        #expect(last.total.median == nil)
    }

    @Test func twiceTheTimeIsHalfTheRate() {
        var history = LiveHistory()
        _ = history.add(Self.counts(0), at: 0)
        #expect(history.add(Self.counts(10), at: 2_000).total.rate == 5)
    }

    @Test func quantilesLieInTheirBuckets() throws {
        let bounds = HistogramMetric.latencyBounds
        #expect(LiveRates.quantile(0.5, [UInt64](repeating: 0, count: bounds.count + 1)) == nil)
        for index in bounds.indices {
            var counts = [UInt64](repeating: 0, count: bounds.count + 1)
            counts[index] = 7
            for quantile in [0.01, 0.5, 0.99] {
                let value = try #require(LiveRates.quantile(quantile, counts))
                #expect(value <= bounds[index] * 1_000)
                #expect(value > (index == 0 ? 0 : bounds[index - 1] * 1_000))
            }
        }
        // Beyond the last bound nothing is known but that.
        #expect(LiveRates.quantile(0.5, [UInt64](repeating: 0, count: bounds.count) + [1]) == 10_000)
    }

    @Test func countsAreThoseOfTheRegistry() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer { _ in .json(Array("{}".utf8), status: .serviceUnavailable) }
            gateway.metrics.histogram(
                ChassisMetricSet.declared.requestDuration,
                labels: [
                    "http_request_method": "GET", "http_response_status_code": "404", "http_route": "/a",
                ]
            ).observe(0.002)
            gateway.metrics.histogram(
                ChassisMetricSet.declared.requestDuration,
                labels: [
                    "http_request_method": "GET", "http_response_status_code": "503", "http_route": "/a",
                ]
            ).observe(0.004)
            let counts = LiveCounts(reading: gateway.metrics)
            let traffic = try #require(counts.routes[Self.route])
            #expect(traffic.requests == 2)
            #expect(traffic.refusals == 1)
            #expect(traffic.errors == 1)
            #expect(traffic.durations.reduce(0, +) == 2)
            #expect(LiveCounts(reading: gateway.metrics, without: ["/a"]).routes.isEmpty)
        }
    }

    @Test func aSnapshotNamesUpstreamsRoutesAndLimits() async throws {
        try await GatewayFixture.run { gateway in
            var history = LiveHistory()
            _ = history.add(LiveCounts(reading: gateway.metrics), at: 0)
            var json = JSONWriter()
            LiveSnapshot(
                gateway: gateway.gateway, rates: history.add(Self.counts(4), at: 1_000), at: 1_000, now: 1_000
            ).write(to: &json)
            let value = try JSONValue(parsing: json.bytes)
            #expect(value["interval_ms"]?.integer == 1_000)
            #expect(value["requests"]?["rate"] == .number(4))
            #expect(value["routes"]?.array?.first?["path"]?.string == "/a")
            let upstreams = try #require(value["upstreams"]?.array)
            #expect(upstreams.map { $0["name"]?.string } == gateway.gateway.upstreams.map(\.configuration.name))
            #expect(upstreams.allSatisfy { $0["breaker"]?.string == "closed" })
            #expect(value["limits"]?.array != nil)
            #expect(value["throttles"]?.array != nil)
        }
    }

    @Test func streamsAreThoseOfTheConfiguration() async throws {
        try await GatewayFixture.run(AuthorizationMatrixTests.builtIn) { gateway in
            #expect(gateway.gateway.streams == ["/api/v1/events/stream", "/api/v1/admin/live"])
        }
    }

    @Test func placesAreFewAndFreeAgain() async throws {
        let feed = LiveFeed(capacity: 2)
        #expect(!feed.isWatched)
        do {
            let held = [try feed.answer(), try feed.answer()]
            #expect(feed.isWatched)
            let problem = #expect(throws: Problem.self) { _ = try feed.answer() }
            #expect(problem?.status == .serviceUnavailable)
            #expect(problem?.code == "too_many_streams")
            #expect(held.count == 2)
        }
        // Neither stream has begun, and nobody holds them any more.
        #expect(!feed.isWatched)
        feed.close()
        #expect(throws: Problem.self) { _ = try feed.answer() }
    }

    @Test func everybodyIsToldTheSameUntilTheEnd() async throws {
        let feed = LiveFeed(capacity: 3)
        let sinks = (0..<3).map { _ in TextSink() }
        let responses = try (0..<3).map { _ in try feed.answer() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (sink, response) in zip(sinks, responses) {
                guard case .stream(_, let write) = response.body else { return }
                group.addTask { try await write(BodyWriter(sink)) }
            }
            feed.send("one")
            try await waitUntil { sinks.allSatisfy { $0.text.contains("data: one\n\n") } }
            feed.send("two")
            try await waitUntil { sinks.allSatisfy { $0.text.contains("data: two\n\n") } }
            feed.close()
            try await group.waitForAll()
        }
    }
}

/// Keeps what is written.
private final class TextSink: ResponseBodySink {
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func write(_ bytes: [UInt8]) async throws { written.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    func flush() async throws {}
    func setTrailers(_ fields: HTTPFields) {}
}
