import Foundation
import HTTPTypes
import Synchronization
import TestSupport
import Testing

/// A thousand clients that are as slow as they may be, in each phase of a request, and honest ones among them.
@Suite(.serialized) struct SlowClientTests {
    private static let attackers = 1_000

    /// Longer than what the sockets between gateway and client hold, with the window of the slow readers.
    private static let longAnswer = "\"\(String(repeating: "x", count: 100_000))\""

    @Test(.timeLimit(.minutes(2))) func honestClientsAreServedAllTheSame() async throws {
        try raiseDescriptorLimit(to: 8_192)
        let fleet = try await Fleet(
            "limits: { connections: 4000 }\n    timeouts: { per_try: 20s, total: 60s }", servers: 1,
            environment: ["BODY": Self.longAnswer],
            routes: ["{ name: read, path: /read, upstream: fleet, auth: public, idempotency: key }"])
        let honest = HonestClients(fleet.api)
        try await honest.run { honest in
            let before = try await honest.slowest(of: 200)
            // Generous: what is tested is that nobody waits for the attackers, not how fast the machine is.
            let bound = before * 20 + .seconds(1)
            var attacks: [Phase: Attack] = [:]
            for phase in Phase.allCases {
                attacks[phase] = try Attack(phase, count: Self.attackers, port: fleet.port)
                for _ in 0..<3 {
                    for attack in attacks.values { attack.trickle() }
                    let slowest = try await honest.slowest(of: 50)
                    #expect(slowest < bound, "\(phase): \(slowest) instead of \(before)")
                }
            }
            // Heads and bodies have their time. Whoever just waits, or reads slowly, may do so for longer.
            for phase in [Phase.head, .body] {
                let attack = try #require(attacks[phase])
                try await waitUntil("\(phase): all are told and cut off", timeout: .seconds(40)) {
                    for attack in attacks.values { attack.trickle() }
                    attack.collect()
                    return attack.isOver
                }
                #expect(attack.answers.allSatisfy { $0.hasPrefix("HTTP/1.1 408 ") }, "\(phase)")
            }
            let slowest = try await honest.slowest(of: 100)
            #expect(slowest < bound, "\(slowest) instead of \(before)")
        }
        #expect(honest.failures.isEmpty, "\(honest.failures.prefix(3))")
        await fleet.stop()
    }

    // MARK: - Attackers

    private enum Phase: CaseIterable {
        case idle, head, body, answer

        /// What each connection begins with.
        var start: String {
            switch self {
            case .idle: ""
            case .head: "GET /read HTTP/1.1\r\nHost: a\r\nX-Slow: "
            case .body: "POST /read HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nContent-Length: 60000\r\n\r\n"
            case .answer: "GET /read HTTP/1.1\r\nHost: a\r\n\r\n"
            }
        }
    }

    /// Many connections in one phase.
    private final class Attack {
        private let phase: Phase
        private var clients: [RawClient] = []
        private(set) var answers: [String] = []
        private let count: Int

        init(_ phase: Phase, count: Int, port: Int) throws {
            self.phase = phase
            self.count = count
            for _ in 0..<count {
                let client = try RawClient(port: port, window: phase == .answer ? 2_048 : nil)
                if !phase.start.isEmpty { try client.send(phase.start) }
                clients.append(client)
            }
        }

        var isOver: Bool { answers.count == count }

        /// A byte more from each, as if it were about to go on. Whoever has been cut off stays so.
        func trickle() {
            guard phase == .head || phase == .body else { return }
            for client in clients { try? client.send("x") }
        }

        /// Takes the answers of those that have been cut off.
        func collect() {
            clients.removeAll { client in
                guard client.hasInput, let bytes = try? client.readToEnd() else { return false }
                answers.append(String(decoding: bytes, as: UTF8.self))
                return true
            }
        }
    }

    private func raiseDescriptorLimit(to count: rlim_t) throws {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { throw SystemCallFailure("getrlimit") }
        guard limit.rlim_cur < count else { return }
        limit.rlim_cur = min(count, limit.rlim_max)
        guard setrlimit(resource, &limit) == 0 else { throw SystemCallFailure("setrlimit") }
    }

    // MARK: - Honest clients

    /// A few clients that ask again and again, with the time that each answer took.
    private final class HonestClients: Sendable {
        private struct State {
            var isRunning = true
            var times: [Duration] = []
            var failures: [String] = []
        }

        private let api: APIClient
        private let state = Mutex(State())
        var failures: [String] { state.withLock { $0.failures } }

        init(_ api: APIClient) { self.api = api }

        func run(_ body: (HonestClients) async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { [self] in await ask() } }
                defer { state.withLock { $0.isRunning = false } }
                try await body(self)
            }
        }

        /// The time of the slowest but one in a hundred, of the next answers.
        func slowest(of count: Int) async throws -> Duration {
            state.withLock { $0.times = [] }
            try await waitUntil("\(count) honest answers", timeout: .seconds(30)) {
                state.withLock { $0.times.count >= count }
            }
            let times = state.withLock { $0.times.sorted() }
            return times[times.count * 99 / 100 - (times.count >= 100 ? 1 : 0)]
        }

        private func ask() async {
            let clock = ContinuousClock()
            while state.withLock({ $0.isRunning }) {
                let began = clock.now
                do {
                    let answer = try await api.send(.get, "/read")
                    let time = clock.now - began
                    state.withLock { state in
                        state.times.append(time)
                        if answer.status != 200 { state.failures.append("\(answer.status) \(answer.body)") }
                    }
                } catch {
                    state.withLock { $0.failures.append("\(error)") }
                }
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}
