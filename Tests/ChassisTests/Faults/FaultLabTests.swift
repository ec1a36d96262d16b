import HTTP
import HTTPTypes
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Chassis

/// The lab without sockets: time, chance and the end of the process are the test's.
@Suite struct FaultLabTests {
    private final class Surroundings: Sendable {
        let now = Atomic<UInt64>(0)
        let crashes = Atomic(0)
        let handled = Atomic(0)
    }

    private let surroundings = Surroundings()
    private let clock = ManualWallClock()
    private let registry = MetricsRegistry()
    private let lab: FaultLab

    init() {
        let surroundings = surroundings
        lab = FaultLab(
            clock: clock, metrics: FaultMetrics(registry), logger: Logger(label: "test"),
            identifiers: SequentialIdentifierGenerator(), random: SeededGenerator(seed: 7),
            now: { surroundings.now.load(ordering: .relaxed) },
            abort: { surroundings.crashes.add(1, ordering: .relaxed) })
    }

    private func pass(milliseconds: UInt64) { surroundings.now.add(milliseconds, ordering: .relaxed) }

    private var handler: Handler {
        let surroundings = surroundings
        return lab.around({ _ in
            surroundings.handled.add(1, ordering: .relaxed)
            return .text("hello")
        }) { $0.path == "/none" ? nil : $0.path }
    }

    private func begin(_ effect: FaultEffect, route: String? = nil, percentage: Int = 100) throws -> ActiveFault {
        try lab.begin(FaultSpecification(effect: effect, route: route, percentage: percentage), by: "test")
    }

    @Test func withoutAFaultNothingHappens() async throws {
        let answer = try await handler(try .get("/a"))
        #expect(answer.fields[.tollgateFault] == nil)
        #expect(!lab.isArmed([.latency, .error, .drop]))
    }

    @Test func theClockIsOffAndRightAgain() throws {
        let right = clock.now
        _ = try begin(.clockSkew(seconds: -90))
        #expect(lab.clock.now == right - 90_000)
        pass(milliseconds: 59_999)
        lab.sweep()
        #expect(lab.clock.now == right - 90_000)
        pass(milliseconds: 1)
        lab.sweep()
        #expect(lab.clock.now == right)
    }

    @Test func memoryGrowsToItsCeilingAndIsGivenBack() async throws {
        _ = try begin(.memoryGrowth(rate: 256, ceiling: 3))
        try await waitUntil("the ceiling", timeout: .seconds(30)) { self.lab.heldMebibytes == 3 }
        pass(milliseconds: 60_000)
        try await waitUntil("none of it", timeout: .seconds(30)) { self.lab.heldMebibytes == 0 }
    }

    @Test func aCarrierHoldsForAsLongAsTheFaultLasts() async throws {
        let isHeld = Shared(false)
        lab.offerDatabase { isActive in
            isHeld.value = true
            while isActive() { try? await Task.sleep(for: .milliseconds(1)) }
            isHeld.value = false
        }
        let fault = try begin(.blockedDatabase)
        try await waitUntil("the hold", timeout: .seconds(30)) { isHeld.value }
        #expect(lab.end(fault.id, by: "test"))
        try await waitUntil("its end", timeout: .seconds(30)) { !isHeld.value }
    }

    @Test func crashesAfterTheAnswer() async throws {
        _ = try begin(.crash, route: "/b")
        _ = try await handler(try .get("/a"))
        #expect(surroundings.crashes.load(ordering: .relaxed) == 0)
        let answer = try await handler(try .get("/b"))
        #expect(answer.status == .ok)
        #expect(surroundings.handled.load(ordering: .relaxed) == 2)
        #expect(surroundings.crashes.load(ordering: .relaxed) == 1)
    }

    @Test func aFullQueueOfADatabaseRefusesWritesAndNoRequests() async throws {
        lab.offerDatabase { _ in }
        #expect(!lab.refusesWrite())
        _ = try begin(.fullQueue)
        #expect(lab.refusesWrite())
        #expect(try await handler(try .get("/a")).status == .ok)
        pass(milliseconds: 60_000)
        #expect(!lab.refusesWrite())
    }

    @Test func aFullQueueOfAGatewayRefusesRequests() async throws {
        lab.offerUpstreams { ["users"] }
        let fault = try begin(.fullQueue, route: "/a")
        let error = await #expect(throws: Problem.self) { try await handler(try .get("/a")) }
        #expect(error?.code == "overloaded")
        #expect(error?.fields[.retryAfter] == "1")
        #expect(error?.fields[.tollgateFault] == fault.id)
        #expect(try await handler(try .get("/none")).status == .ok)
    }

    @Test func onlyTheNamedUpstreamIsSlow() throws {
        lab.offerUpstreams { ["users", "payments"] }
        let request = try Request.get("/a")
        #expect(lab.slowness(of: "users", request.context) == nil)
        let delay = FaultDelay(milliseconds: 40, jitter: 0)
        let fault = try begin(.slowDownstream(upstream: "users", delay, bytesPerSecond: 5_000))
        #expect(lab.slowness(of: "payments", request.context) == nil)
        let slowness = try #require(lab.slowness(of: "users", request.context))
        #expect(slowness.milliseconds == 40)
        var response = Response.text("hello")
        slowness.apply(to: &response, request.context)
        #expect(response.fields[.tollgateFault] == fault.id)
        #expect(response.body.knownLength == 5)
    }

    @Test func itsOwnRoutesAreNotStruck() async throws {
        _ = try begin(.error(status: 500))
        #expect(try await handler(try .get("/api/v1/admin/faults")).status == .ok)
        #expect(try await handler(try .get("/internal/v1/faults/flt_1")).status == .ok)
        await #expect(throws: Problem.self) { try await handler(try .get("/api/v1/admin/users")) }
    }

    @Test func countsWhatStrikes() async throws {
        _ = try begin(.error(status: 500), percentage: 50)
        var failures = 0
        for _ in 0..<200 {
            do { _ = try await handler(try .get("/a")) } catch is Problem { failures += 1 }
        }
        #expect(failures > 50 && failures < 150)
        #expect(lab.active.faults[0].strikes == UInt64(failures))
        let text = String(decoding: registry.exposition(), as: UTF8.self)
        #expect(text.contains("tollgate_faults_injected_total{kind=\"error\"} \(failures)\n"))
    }
}

extension Request {
    fileprivate static func get(_ path: String) throws -> Request { try Request(target: path) }
}

/// A value that several tasks see.
private final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
