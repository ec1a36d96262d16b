import Chassis
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct KeySourceTests {
    /// A key server that answers when it is told to.
    private final class Server: Sendable {
        private struct State {
            var document: [UInt8]
            var isHeld = false
            var held: [CheckedContinuation<Void, Never>] = []
            var fetches = 0
        }

        private let state: Mutex<State>

        init(_ document: [UInt8]) { state = Mutex(State(document: document)) }

        var fetches: Int { state.withLock { $0.fetches } }

        func publish(_ document: [UInt8]) { state.withLock { $0.document = document } }

        func hold() { state.withLock { $0.isHeld = true } }

        func release() {
            let held = state.withLock { state in
                state.isHeld = false
                defer { state.held = [] }
                return state.held
            }
            for one in held { one.resume() }
        }

        @Sendable func fetch() async throws -> [UInt8] {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    state.fetches += 1
                    if state.isHeld { state.held.append(continuation) }
                    return !state.isHeld
                }
                if goesOn { continuation.resume() }
            }
            return state.withLock { $0.document }
        }
    }

    private static let one: (id: String, key: TestKey) = ("one", .ecdsa(TestIssuer.key))
    private static let two: (id: String, key: TestKey) = ("two", .ed25519)

    private func isKey(_ found: KeySource.Found) -> Bool { if case .key = found { true } else { false } }

    @Test func tenThousandUnknownKeysAreOneFetchAndHoldNobodyUp() async throws {
        let clock = ManualMilliseconds()
        let server = Server(TestIssuer.keySet([Self.one]))
        let source = TestKeySource.make(clock: clock, fetch: server.fetch)
        await source.tick()
        for round in 1...3 {
            clock.advance(30_000)
            server.hold()
            let attack = Task {
                await withTaskGroup(of: KeySource.Found.self, returning: [KeySource.Found].self) { group in
                    for index in 0..<10_000 { group.addTask { await source.key("unknown-\(round)-\(index)") } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            try await waitUntil("the fetch has begun") { server.fetches == 1 + round }
            // The server has not answered, and a known key does not wait for it.
            for _ in 0..<1_000 {
                #expect(isKey(await source.key("one")))
                clock.advance(1)
            }
            server.release()
            let answers = await attack.value
            #expect(answers.allSatisfy { $0 == .unknown || $0 == .unavailable })
            #expect(answers.count(where: { $0 == .unavailable }) <= 10_000 - KeySource.maximumWaiting)
            // Until the pause is over nobody causes another one.
            clock.advance(28_999)
            for index in 0..<100 { #expect(await source.key("again-\(index)") == .unknown) }
            #expect(server.fetches == 1 + round)
            clock.advance(1)
        }
    }

    @Test func aKeyIsRotated() async throws {
        let clock = ManualMilliseconds()
        let server = Server(TestIssuer.keySet([Self.one]))
        let source = TestKeySource.make(clock: clock, fetch: server.fetch)
        #expect(isKey(await source.key("one")))
        #expect(await source.key("two") == .unknown)
        server.publish(TestIssuer.keySet([Self.one, Self.two]))
        clock.advance(30_000)
        #expect(isKey(await source.key("two")))
        #expect(isKey(await source.key("one")))
        let generation = source.generation
        server.publish(TestIssuer.keySet([Self.two]))
        clock.advance(300_000)
        await source.tick()
        #expect(source.generation == generation + 1)
        #expect(await source.key("one") == .unknown)
        #expect(isKey(await source.key("two")))
    }

    @Test(arguments: ["", "junk", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"one","k":"AA"}]}"#])
    func theLastGoodSetIsKept(document: String) async {
        let clock = ManualMilliseconds()
        let server = Server(TestIssuer.keySet([Self.one]))
        let source = TestKeySource.make(clock: clock, fetch: server.fetch)
        await source.tick()
        server.publish(Array(document.utf8))
        for _ in 0..<5 {
            clock.advance(300_000)
            await source.tick()
        }
        #expect(server.fetches == 6)
        #expect(isKey(await source.key("one")))
        #expect(source.generation == 1)
    }

    @Test func withoutASetNobodyIsAStranger() async {
        let clock = ManualMilliseconds()
        let server = Server(Array("junk".utf8))
        let source = TestKeySource.make(clock: clock, fetch: server.fetch)
        let begin = clock.now
        #expect(await source.key("one") == .unavailable)
        #expect(source.generation == 0)
        #expect(clock.now - begin == KeySource.patience)
        // 200 ms after the first, then 400 and so on to 5 s: a server that starts is not flooded.
        #expect(server.fetches == 7)
    }

    @Test func theFirstSetIsWaitedForThroughFailures() async {
        let clock = ManualMilliseconds()
        let fetches = Atomic<Int>(0)
        let source = TestKeySource.make(clock: clock) {
            guard fetches.wrappingAdd(1, ordering: .relaxed).newValue > 4 else { throw CancellationError() }
            return TestIssuer.keySet([Self.one])
        }
        #expect(isKey(await source.key("one")))
        #expect(await source.key("two") == .unknown)
        #expect(fetches.load(ordering: .relaxed) == 5)
    }

    @Test func noMoreThanAThousandWaitForTheFirstSet() async throws {
        let server = Server(TestIssuer.keySet([Self.one]))
        let source = TestKeySource.make(fetch: server.fetch)
        server.hold()
        let answers = await withTaskGroup(of: KeySource.Found.self, returning: [KeySource.Found].self) { group in
            for _ in 0..<(KeySource.maximumWaiting + 50) { group.addTask { await source.key("one") } }
            var early: [KeySource.Found] = []
            for _ in 0..<50 { if let answer = await group.next() { early.append(answer) } }
            server.release()
            return await group.reduce(into: early) { $0.append($1) }
        }
        #expect(answers.prefix(50).allSatisfy { $0 == .unavailable })
        #expect(answers.dropFirst(50).allSatisfy(isKey))
    }

    @Test func aFileIsReadAgainWhenItChanges() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("keys.json")
        try FileAccess.write(TestIssuer.keySet([Self.one]), to: path)
        let origin = KeySource.Origin(file: path)
        let source = TestKeySource.make(version: origin.version, fetch: origin.fetch)
        await source.tick()
        #expect(isKey(await source.key("one")))
        // Nobody moves the clock: it is the file alone that says so.
        try FileAccess.write(Array("half a f".utf8), to: path)
        await source.tick()
        #expect(isKey(await source.key("one")))
        try FileAccess.write(TestIssuer.keySet([Self.two]), to: path)
        await source.tick()
        #expect(isKey(await source.key("two")))
        #expect(await source.key("one") == .unknown)
    }
}
