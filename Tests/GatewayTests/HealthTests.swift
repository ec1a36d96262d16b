import Chassis
import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct HealthTests {
    private static let configuration = HealthConfiguration(path: "/livez", healthy: 2, unhealthy: 3)

    @Test func resultsInARowDecide() {
        var record = HealthRecord()
        #expect(record.isHealthy)
        let results = [false, false, true, false, false, false, true, false, true, true]
        let changes = results.map { record.checked(passed: $0, Self.configuration) }
        #expect(changes == [false, false, false, false, false, true, false, false, false, true])
        #expect(record.isHealthy)
    }

    @Test func addressesAreAskedApartAndAgain() {
        let endpoints = (1...4).map {
            UpstreamEndpoint(
                address: SocketAddress(ip: "10.0.0.\($0)", port: 80) ?? .loopback(port: 80),
                authority: Endpoint(host: "service", port: 80))
        }
        var random = TestSeed.generator()
        var schedule = CheckSchedule(Self.configuration)
        var times: [String: [UInt64]] = [:]
        for now in stride(from: UInt64(0), to: 20_000, by: 100) {
            let due = schedule.take(endpoints, now: now, random: { UInt64.random(in: 0...$0, using: &random) })
            for endpoint in due { times[endpoint.name, default: []].append(now) }
        }
        #expect(times.count == 4)
        for asked in times.values {
            #expect(asked.first.map { $0 <= 600 } == true)
            let pauses = zip(asked, asked.dropFirst()).map { $1 - $0 }
            #expect(pauses.allSatisfy { (900...1_200).contains($0) }, "\(pauses)")
        }
    }

    @Test func anAddressThatFailsItsChecksIsNotUsed() async throws {
        let yaml = """
            upstreams:
              both:
                endpoints: [{ url: "${USERS}" }, { url: "${PAYMENTS}" }]
                health: { path: /well, interval: 100ms, unhealthy: 2 }
            routes:
              - { name: open, path: /open/*, upstream: both, auth: public, strip_prefix: /open }
            """
        try await GatewayFixture.run(yaml) { gateway in
            let upstream = gateway.gateway.upstreams[0]
            let fit = { @Sendable in
                upstream.check(now: CoarseClock.milliseconds())
                return upstream.members.map(\.isFit)
            }
            gateway.users.answer { $0.target == "/well" ? .text("ill", status: .internalServerError) : .text("yes") }
            try await waitUntil("it is out", timeout: .seconds(60)) { fit() == [false, true] }
            let before = gateway.users.received.count { $0.target != "/well" }
            for _ in 0..<20 { try await gateway.expect(200, .get, "/open/x") }
            #expect(gateway.users.received.count { $0.target != "/well" } == before)
            gateway.users.answer { _ in .text("yes") }
            try await waitUntil("it is back", timeout: .seconds(60)) { fit() == [true, true] }
        }
    }

    // MARK: - Names

    private static let name = Endpoint(host: "service.test", port: 80)
    private static let address = SocketAddress.loopback(port: 80)

    @Test func namesAreLookedUpAgain() {
        var schedule = ResolutionSchedule(names: [Self.name])
        #expect(schedule.start(now: 0) == true)
        #expect(schedule.start(now: 0) == false, "one at a time")
        schedule.finished(now: 10)
        #expect(schedule.start(now: 1_009) == false)
        #expect(schedule.start(now: 1_010) == true, "nothing is known yet")
        schedule.found([Self.address], for: Self.name)
        schedule.finished(now: 1_020)
        #expect(schedule.start(now: 6_019) == false)
        #expect(schedule.start(now: 6_020) == true)
        schedule.finished(now: 6_030)
        schedule.hurry(now: 6_031)
        #expect(schedule.start(now: 7_019) == false, "not for every refused connection")
        #expect(schedule.start(now: 7_020) == true)
    }

    @Test func everyAddressBehindANameIsUsed() async throws {
        let found = Mutex(["10.0.0.1"])
        let group = try EventLoopGroup(count: 1)
        let resolver = Resolver(
            timeToLive: .zero,
            lookup: { _ in found.withLock { $0 }.compactMap { SocketAddress(ip: $0, port: 0) } })
        let upstream = Upstream(
            UpstreamConfiguration(name: "service", endpoints: [.init(host: "service.test", port: 8080)]), index: 0,
            metrics: GatewayMetrics(MetricsRegistry()).upstream("service"),
            surroundings: .init(
                client: HTTPClient(group: group, resolver: resolver),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), loopCount: 1))
        #expect(upstream.members.isEmpty)
        upstream.review(now: CoarseClock.milliseconds())
        try await waitUntil("it is found", timeout: .seconds(60)) {
            upstream.members.map(\.endpoint.name) == ["10.0.0.1:8080"]
        }
        found.withLock { $0 = ["10.0.0.2", "10.0.0.3"] }
        try await waitUntil("the others are found", timeout: .seconds(60)) {
            // As if the next look-up were due already.
            upstream.review(now: CoarseClock.milliseconds() + 2 * ResolutionSchedule.interval)
            return upstream.members.map(\.endpoint.name) == ["10.0.0.2:8080", "10.0.0.3:8080"]
        }
        #expect(upstream.members.allSatisfy { $0.endpoint.authority == Endpoint(host: "service.test", port: 8080) })
        await group.shutdown()
    }

    @Test func aNameThatIsNotFoundKeepsItsAddresses() {
        var schedule = ResolutionSchedule(names: [Self.name])
        schedule.found([Self.address], for: Self.name)
        schedule.found([], for: Self.name)
        #expect(schedule.places([EndpointConfiguration(host: "service.test", port: 80)]).count == 1)
        #expect(!schedule.isLiteral)
        #expect(ResolutionSchedule(names: [Endpoint(host: "::1", port: 80)]).isLiteral)
    }

    // MARK: - Histories

    /// The state is always what as many results in a row as it takes have last agreed on.
    @Test func randomHistoriesOfChecksAreJudgedByTheirLastResults() {
        var random = TestSeed.generator()
        for _ in 0..<200 {
            let configuration = HealthConfiguration(
                path: "/", healthy: .random(in: 1...5, using: &random), unhealthy: .random(in: 1...5, using: &random))
            var record = HealthRecord()
            #expect(!record.isKnown)
            // Results since the state last changed.
            var results: [Bool] = []
            let share = Double.random(in: 0...1, using: &random)
            for _ in 0..<300 {
                let before = record.isHealthy
                let passed = random.chance(share)
                let hasChanged = record.checked(passed: passed, configuration)
                results.append(passed)
                let needed = before ? configuration.unhealthy : configuration.healthy
                let isDue = results.count >= needed && results.suffix(needed).allSatisfy { $0 != before }
                #expect(hasChanged == isDue)
                #expect(record.isHealthy == (isDue ? !before : before))
                #expect(record.isKnown)
                if hasChanged { results = [] }
            }
        }
    }

    /// One look-up at a time, never two within the least interval, and one is never longer away than the interval.
    @Test func randomHistoriesOfLookUpsKeepTheirDistances() {
        var random = TestSeed.generator()
        let names = (1...3).map { Endpoint(host: "service-\($0).test", port: 80) }
        for _ in 0..<200 {
            var schedule = ResolutionSchedule(names: names)
            var (now, began, ended) = (UInt64(0), UInt64?.none, UInt64?.none)
            var known: [Endpoint: SocketAddress] = [:]
            for _ in 0..<300 {
                now += .random(in: 0...1_500, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: schedule.hurry(now: now)
                case 1 where schedule.isRunning:
                    // Some of the names are not found this time.
                    for name in names {
                        let isFound = random.chance(0.5)
                        let address = SocketAddress.loopback(port: .random(in: 1...60_000, using: &random))
                        schedule.found(isFound ? [address] : [], for: name)
                        if isFound { known[name] = address }
                    }
                    schedule.finished(now: now)
                    ended = now
                default:
                    let wasRunning = schedule.isRunning
                    let starts = schedule.start(now: now)
                    if wasRunning { #expect(!starts, "one at a time") }
                    if starts {
                        if let began { #expect(now >= began + ResolutionSchedule.leastInterval) }
                        began = now
                    } else if !wasRunning, let ended {
                        let isComplete = known.count == names.count
                        let longest = isComplete ? ResolutionSchedule.interval : ResolutionSchedule.leastInterval
                        #expect(now < ended + longest)
                    }
                }
                let places = schedule.places(names.map { EndpointConfiguration(host: $0.host, port: $0.port) })
                #expect(Dictionary(uniqueKeysWithValues: places.map { ($0.authority, $0.address) }) == known)
            }
        }
    }
}
