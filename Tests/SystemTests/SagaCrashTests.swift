import Foundation
import HTTPTypes
import JSON
import Synchronization
import TestSupport
import Testing

/// Deposits and withdrawals with real processes: slow ones, lost answers, callbacks, and kill -9 in their midst.
@Suite(.serialized) struct SagaCrashTests {
    /// What a client asked for, and how it must end.
    private struct Wish: Sendable {
        let key: String
        let path: String
        let body: JSONValue
        let amount: Int64
        /// What it does to the balance when it ends well; 0 when it is refused.
        let effect: Int64
        let end: String
    }

    /// How many answers have come, counted by several tasks.
    private final class Answered: Sendable {
        private let answers = Mutex(0)
        var count: Int { answers.withLock { $0 } }
        func add() { answers.withLock { $0 += 1 } }
    }

    private static let endings: [(instrument: String, end: String)] = [
        ("ok", "succeeded"), ("declined", "failed"), ("slow", "succeeded"), ("slow_declined", "failed"),
        ("timeout", "succeeded"), ("duplicate_callback", "succeeded"),
    ]

    private func wishes(round: Int, account: String) -> [Wish] {
        Self.endings.flatMap { instrument, end in
            [("deposits", "source", "card", Int64(1)), ("withdrawals", "destination", "bank", -1)].map {
                collection, member, prefix, sign in
                let amount = Int64(10 + round)
                return Wish(
                    key: "\(collection)-\(instrument)-\(round)", path: "/api/v1/\(collection)",
                    body: [
                        "account": .string(account), "amount": .integer(amount),
                        member: .string("\(prefix)_\(instrument)"),
                    ],
                    amount: amount, effect: end == "succeeded" ? sign * amount : 0, end: end)
            }
        }
    }

    /// A quarter of `KILL_ROUNDS`, or 5: each waits for the processor.
    private static let rounds = max(
        1, (ProcessInfo.processInfo.environment["KILL_ROUNDS"].flatMap(Int.init) ?? 20) / 4)

    @Test("Killed amid slow deposits and withdrawals, all end as the processor says, once", .timeLimit(.minutes(30)))
    func killed() async throws {
        let system = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "SANDBOX_SLOW_MILLISECONDS": "700"])
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        try await ada.deposit(100_000, to: account)
        var all: [Wish] = []
        for round in 0..<Self.rounds {
            let wishes = wishes(round: round, account: account)
            all += wishes
            try await submitThroughKill(system, ada, wishes)
        }
        let found = try await settled(ada, all)
        for wish in all {
            let operation = try #require(found[wish.key])
            #expect(operation["status"]?.string == wish.end, "\(wish.key): \(operation)")
            #expect(operation["amount"]?.integer == wish.amount)
        }
        // The first deposit, and each wish once.
        for (path, count) in [("deposits", all.count / 2 + 1), ("withdrawals", all.count / 2)] {
            let list = try await everything(ada, path)
            #expect(list.count == count)
            #expect(list.allSatisfy { $0["status"]?.string != "processing" })
        }
        let balance = try await ada.api.send(.get, "/api/v1/accounts/\(account)", token: ada.token).body["balance"]
        #expect(balance?["posted"]?.integer == 100_000 + all.map(\.effect).reduce(0, +))
        #expect(balance?["pending"]?.integer == 0)
        try await expectAgreement(system, orders: all.count + 1)
        await system.stopAll()
    }

    /// All pages of a list.
    private func everything(_ ada: Person, _ path: String) async throws -> [JSONValue] {
        var (found, cursor): ([JSONValue], String) = ([], "")
        while true {
            let page = try await ada.api.send(.get, "/api/v1/\(path)?limit=100\(cursor)", token: ada.token)
            found += page.body["data"]?.array ?? []
            guard let next = page.body["next_cursor"]?.string else { return found }
            cursor = "&cursor=\(next)"
        }
    }

    /// Submits all at once; the service is killed while they are under way, and started again. What was not answered is
    /// asked for again under its key.
    private func submitThroughKill(_ system: DirectSystem, _ ada: Person, _ wishes: [Wish]) async throws {
        let answered = Answered()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for wish in wishes {
                group.addTask {
                    let answer = try await ada.api.send(.post, wish.path, wish.body, token: ada.token, key: wish.key)
                    #expect([201, 202, 402, 409, 422, 502, 503, 504].contains(answer.status), "\(answer.body)")
                    answered.add()
                }
            }
            try await waitUntil("some are answered") { answered.count > 2 }
            await system.stop("payments-service", with: SIGKILL)
            try await system.start("payments-service")
            try await group.waitForAll()
        }
    }

    /// Repeats each wish until it is answered for good, and waits for its end.
    ///
    /// - Returns: The deposit or withdrawal of each key.
    private func settled(_ ada: Person, _ wishes: [Wish]) async throws -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for wish in wishes {
            var location: String?
            try await waitUntil("\(wish.key) is answered", timeout: .seconds(60)) {
                let answer = try await ada.api.send(.post, wish.path, wish.body, token: ada.token, key: wish.key)
                location = answer.field("Location")
                return [201, 202, 402, 422].contains(answer.status)
            }
            let path = try #require(location)
            try await waitUntil("\(wish.key) has ended", timeout: .seconds(60)) {
                found[wish.key] = try await ada.api.send(.get, path, token: ada.token).body
                return found[wish.key]?["status"]?.string != "processing"
            }
        }
        return found
    }

    /// The books balance, and the processor's say the same, to the tool too.
    private func expectAgreement(_ system: DirectSystem, orders: Int) async throws {
        let token = try String(contentsOfFile: "\(system.data)/keys/admin/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let admin = APIClient(port: system.port + 1002)
        let books = try await admin.send(.get, "/ledger/trial-balance", token: token)
        #expect(books.body["balanced"] == .bool(true), "\(books.body)")
        let metrics = try await admin.send(.get, "/metrics").text
        for result in ["contradicted", "mismatched", "unsigned", "unknown"] {
            #expect(metrics.contains("processor_callbacks_total{result=\"\(result)\"} 0\n"), "\(result)")
        }
        let tool = RunningProgram(Programs.tollgate, ["reconcile", "--data", system.data, "--grace", "0"])
        #expect(await tool.exitStatus() == 0, "\(tool.output)")
        #expect(tool.lines.last == "\(orders) orders compared, 0 under way, 0 differ", "\(tool.output)")
    }
}
