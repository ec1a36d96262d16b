import Dispatch
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite("Resolver", .timeLimit(.minutes(1)))
struct ResolverTests {
    private static let address = SocketAddress(ip: "10.0.0.1", port: 0)

    /// A resolver whose clock and name server the test controls.
    private final class Fixture: Sendable {
        let now = Locked<UInt64>(1)
        let isDown = Locked(false)
        let questions = Atomic(0)

        func resolver(_ pool: BlockingPool = .init(name: "test", width: 2, queueLimit: 64)) -> Resolver {
            Resolver(timeToLive: .seconds(30), pool: pool, lookup: answer, clock: { self.time })
        }

        func advance(_ seconds: UInt64) { now.withLock { $0 += seconds * 1000 } }
        private var time: UInt64 { now.withLock { $0 } }

        @Sendable private func answer(_ host: String) throws(ResolutionError) -> [SocketAddress] {
            questions.add(1, ordering: .relaxed)
            guard !isDown.withLock({ $0 }), let address else { throw ResolutionError(host: host, reason: "down") }
            return [address]
        }
        private var address: SocketAddress? { ResolverTests.address }
    }

    @Test("literal addresses need no look-up")
    func literals() async throws {
        let fixture = Fixture()
        let answer = try await fixture.resolver().resolve(Endpoint(host: "::1", port: 81))
        #expect(answer.map(\.description) == ["[::1]:81"])
        #expect(fixture.questions.load(ordering: .relaxed) == 0)
    }

    @Test("an answer is remembered for its time, then asked for again")
    func remembers() async throws {
        let fixture = Fixture()
        let resolver = fixture.resolver()
        for (wait, questions) in [(0, 1), (29, 1), (2, 2), (29, 2)] {
            fixture.advance(UInt64(wait))
            let answer = try await resolver.resolve(Endpoint(host: "users", port: 80))
            #expect(answer.map(\.description) == ["10.0.0.1:80"])
            #expect(fixture.questions.load(ordering: .relaxed) == questions)
        }
    }

    @Test("expiring a name asks again at once")
    func expires() async throws {
        let fixture = Fixture()
        let resolver = fixture.resolver()
        let endpoint = Endpoint(host: "users", port: 80)
        _ = try await resolver.resolve(endpoint)
        resolver.expire("users")
        #expect(resolver.remembered(endpoint) == nil)
        _ = try await resolver.resolve(endpoint)
        #expect(fixture.questions.load(ordering: .relaxed) == 2)
    }

    @Test("the last answer serves on while the name server is down")
    func servesStale() async throws {
        let fixture = Fixture()
        let resolver = fixture.resolver()
        let endpoint = Endpoint(host: "users", port: 80)
        fixture.isDown.withLock { $0 = true }
        await #expect(throws: ResolutionError(host: "users", reason: "down")) { try await resolver.resolve(endpoint) }
        fixture.isDown.withLock { $0 = false }
        _ = try await resolver.resolve(endpoint)
        fixture.isDown.withLock { $0 = true }
        fixture.advance(3600)
        #expect(try await resolver.resolve(endpoint).map(\.description) == ["10.0.0.1:80"])
    }

    @Test("questions at the same time share one look-up")
    func sharesLookups() async throws {
        let gate = DispatchSemaphore(value: 0)
        let questions = Shared(0)
        let resolver = Resolver(
            lookup: { (host) throws(ResolutionError) in
                questions.withLock { $0 += 1 }
                gate.wait()
                guard let address = Self.address else { throw ResolutionError(host: host, reason: "none") }
                return [address]
            })
        try await withThrowingTaskGroup { tasks in
            for _ in 0..<50 {
                tasks.addTask { _ = try await resolver.resolve(Endpoint(host: "users", port: 80)) }
            }
            tasks.addTask {
                try await waitUntil("a look-up runs") { questions.withLock { $0 } > 0 }
                gate.signal()
            }
            try await tasks.waitForAll()
        }
        // A question that came after the first look-up ended finds its answer remembered.
        #expect(questions.withLock { $0 } == 1)
    }

    @Test("the system knows localhost")
    func system() async throws {
        let answer = try await Resolver().resolve(Endpoint(host: "localhost", port: 8080))
        #expect(answer.contains { $0.description == "127.0.0.1:8080" || $0.description == "[::1]:8080" })
    }
}
