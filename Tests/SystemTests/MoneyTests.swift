import Foundation
import HTTPTypes
import JSON
import Synchronization
import TestSupport
import Testing

/// Money stays right: under concurrency, under retries, under kill -9.
@Suite(.serialized) struct MoneyTests {
    /// Jepsen's bank: payers move money between eight accounts while readers add the balances up.
    @Test func everyReadSumsToTheTotal() async throws {
        var random = SeededGenerator.announced()
        let ada = try await Person(SharedSystem.system.api)
        let accounts = try await openAccounts(8, funded: 1_000, by: ada)
        let plans = (0..<64).map { _ in (0..<6).map { _ in Move(accounts: accounts, using: &random) } }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for (payer, moves) in plans.enumerated() {
                group.addTask {
                    for (step, move) in moves.enumerated() {
                        let answer = try await ada.pay(
                            move.amount, from: move.from, to: move.to, key: "bank-\(payer)-\(step)")
                        #expect([201, 402].contains(answer.status), "\(answer.body)")
                    }
                }
            }
            for _ in 0..<4 {
                group.addTask { for _ in 0..<40 { try await expectTotal(8_000, of: ada) } }
            }
            try await group.waitForAll()
        }
        try await expectTotal(8_000, of: ada)
    }

    /// One list of accounts is one snapshot.
    private func expectTotal(_ total: Int64, of person: Person) async throws {
        let list = try await person.api.send(.get, "/api/v1/accounts?limit=100", token: person.token)
        let balances = list.body["data"]?.array?.compactMap { $0["balance"]?["posted"]?.integer } ?? []
        #expect(balances.count == 8)
        #expect(balances.allSatisfy { $0 >= 0 })
        #expect(balances.reduce(0, +) == total)
    }

    @Test func twoHundredRetriesOfOneKeyHaveOneEffect() async throws {
        let ada = try await Person(SharedSystem.system.api)
        let accounts = try await openAccounts(2, funded: 1_000, by: ada)
        let answers = try await withThrowingTaskGroup(of: APIClient.Answer.self) { group in
            for _ in 0..<200 {
                group.addTask { try await ada.pay(700, from: accounts[0], to: accounts[1], key: "retry") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 201 })
        #expect(Set(answers.map(\.bytes)).count == 1)
        #expect(answers.count { $0.field("Idempotent-Replayed") == nil } == 1)
        #expect(try await ada.posted(accounts[0]) == 300)
    }

    /// `KILL_ROUNDS`, or 20.
    private static let killRounds = ProcessInfo.processInfo.environment["KILL_ROUNDS"].flatMap(Int.init) ?? 20

    /// kill -9 of payments-service under load, again and again: what was acknowledged is there once, no key has paid twice,
    /// the balances are those of the payments that there are, and every invariant holds.
    @Test(.timeLimit(.minutes(30))) func acknowledgedPaymentsSurviveKill() async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        let accounts = try await openAccounts(2, funded: 10_000_000, by: ada)
        for round in 0..<Self.killRounds {
            let acknowledged = try await payThroughKill(system, ada, accounts, round)
            for (key, answer) in acknowledged {
                let replay = try await ada.pay(1, from: accounts[0], to: accounts[1], key: key)
                #expect(replay.bytes == answer, "round \(round), \(key)")
                #expect(replay.field("Idempotent-Replayed") == "true")
            }
            try await expectEachPaidOnce(acknowledged, ada, accounts, round)
            try await expectVerified(system, round)
        }
        try await expectBalancedBooks(system)
        await system.stopAll()
    }

    /// Pays from many tasks while the service is killed in their midst and started again.
    ///
    /// - Returns: The keys and answers of the payments that were acknowledged.
    private func payThroughKill(
        _ system: DirectSystem, _ ada: Person, _ accounts: [String], _ round: Int
    ) async throws -> [(String, [UInt8])] {
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for payer in 0..<8 {
                group.addTask {
                    for step in 0..<12 {
                        let key = "kill-\(round)-\(payer)-\(step)"
                        let answer = try await ada.pay(1, from: accounts[0], to: accounts[1], key: key)
                        #expect([201, 502, 503, 504].contains(answer.status), "\(answer.body)")
                        if answer.status == 201 { acknowledged.append(key, answer.bytes) }
                    }
                }
            }
            try await waitUntil("payments are acknowledged") { acknowledged.all.count > 10 }
            await system.stop("payments-service", with: SIGKILL)
            try await system.start("payments-service")
            try await group.waitForAll()
        }
        return acknowledged.all
    }

    /// Every payment is of 1, from the first account to the second.
    private func expectEachPaidOnce(
        _ acknowledged: [(String, [UInt8])], _ ada: Person, _ accounts: [String], _ round: Int
    ) async throws {
        let payments = try await ada.payments()
        let ids = payments.compactMap { $0["id"]?.string }
        let keys = payments.compactMap { $0["description"]?.string }
        #expect(ids.count == payments.count && Set(ids).count == ids.count, "round \(round): an id comes twice")
        #expect(keys.count == payments.count && Set(keys).count == keys.count, "round \(round): a key has paid twice")
        #expect(payments.allSatisfy { $0["status"] == "succeeded" && $0["amount"] == 1 }, "round \(round)")
        let existing = Dictionary(zip(keys, ids)) { first, _ in first }
        for (key, answer) in acknowledged {
            #expect(try JSONValue(parsing: answer)["id"]?.string == existing[key], "round \(round): \(key)")
        }
        let paid = Int64(payments.count)
        #expect(try await ada.posted(accounts[0]) == 10_000_000 - paid, "round \(round)")
        #expect(try await ada.posted(accounts[1]) == 10_000_000 + paid, "round \(round)")
    }

    private func expectVerified(_ system: DirectSystem, _ round: Int) async throws {
        let tool = RunningProgram(Programs.tollgate, ["verify", "--data", system.data])
        #expect(await tool.exitStatus() == 0, "round \(round): \(tool.output)")
    }

    private func expectBalancedBooks(_ system: DirectSystem) async throws {
        let token = try String(contentsOfFile: "\(system.data)/keys/admin/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let admin = APIClient(port: system.port + 1002)
        #expect(try await admin.send(.get, "/ledger/trial-balance").status == 401)
        let books = try await admin.send(.get, "/ledger/trial-balance", token: token)
        #expect(books.status == 200)
        #expect(books.body["balanced"] == .bool(true), "\(books.body)")
    }

    private func openAccounts(_ count: Int, funded amount: Int64, by person: Person) async throws -> [String] {
        var accounts: [String] = []
        for _ in 0..<count {
            let account = try await person.openAccount()
            try await person.deposit(amount, to: account)
            accounts.append(account)
        }
        return accounts
    }

    /// Keys and answers of payments that were acknowledged, gathered by several tasks.
    private final class Acknowledged: Sendable {
        private let list = Mutex<[(String, [UInt8])]>([])
        var all: [(String, [UInt8])] { list.withLock { $0 } }
        func append(_ key: String, _ answer: [UInt8]) { list.withLock { $0.append((key, answer)) } }
    }

    /// One random transfer between two of the accounts.
    private struct Move: Sendable {
        let from: String
        let to: String
        let amount: Int64

        init(accounts: [String], using random: inout SeededGenerator) {
            let pair = accounts.shuffled(using: &random)
            (from, to) = (pair[0], pair[1])
            amount = Int64.random(in: 1...400, using: &random)
        }
    }
}
