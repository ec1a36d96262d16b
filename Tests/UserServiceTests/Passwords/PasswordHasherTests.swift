import Chassis
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import UserService

@Suite struct PasswordHasherTests {
    private let cost = ScryptCost(logN: 4, r: 8, p: 2)

    private func password(_ text: String = "correct horse") throws -> Password {
        try #require(Password(given: text))
    }

    @Test func checksWhatItHashed() async throws {
        let hasher = PasswordHasher(cost: cost, width: 2, longestWait: .seconds(5))
        let hash = try await hasher.hash(password())
        #expect(hash.cost == cost)
        guard case .right(replacement: nil) = try await hasher.verify(password(), against: hash) else {
            Issue.record("the right password was refused, or its hash was to be replaced")
            return
        }
        guard case .wrong = try await hasher.verify(password("incorrect horse"), against: hash) else {
            Issue.record("a wrong password was accepted")
            return
        }
        guard case .wrong = try await hasher.verify(password(), against: nil) else {
            Issue.record("a password for nobody was accepted")
            return
        }
        #expect(hasher.pending == 0)
    }

    @Test func replacesAHashWhenTheCostRises() async throws {
        let cheap = try ScryptHash(of: password(), cost: ScryptCost(logN: 3, r: 8, p: 2))
        let hasher = PasswordHasher(cost: cost, width: 1, longestWait: .seconds(5))
        guard case .right(let replacement?) = try await hasher.verify(password(), against: cheap) else {
            Issue.record("no replacement")
            return
        }
        #expect(replacement.cost == cost)
        #expect(try replacement.matches(password()))
    }

    @Test func shedsBeforeTheQueueGrows() async throws {
        let hasher = PasswordHasher(cost: ScryptCost(logN: 14, r: 8, p: 8), width: 1, longestWait: .milliseconds(300))
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                let password = try password()
                group.addTask {
                    do {
                        _ = try await hasher.hash(password)
                        return true
                    } catch let busy as PasswordHasherBusy {
                        #expect(busy.retryAfterSeconds >= 1)
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.contains(true) && results.contains(false))
        #expect(hasher.pending == 0)
        _ = try await hasher.hash(password())
    }

    @Test func hashesNothingThatNobodyWaitsFor() async throws {
        let hasher = PasswordHasher(cost: cost, width: 1, longestWait: .seconds(1))
        await #expect(throws: Problem.deadlineExceeded) { try await hasher.hash(password(), until: Deadline(at: 1)) }
        #expect(hasher.pending == 0)
    }

    @Test func dropsWhatWaitedTooLongAllTheSame() async throws {
        // A clock that jumps by a minute between the acceptance and the beginning.
        let calls = Atomic<UInt64>(0)
        let hasher = PasswordHasher(cost: cost, width: 1, longestWait: .seconds(1)) {
            calls.wrappingAdd(1, ordering: .relaxed).newValue * 60_000_000_000
        }
        await #expect(throws: PasswordHasherBusy.self) { try await hasher.hash(password()) }
        #expect(hasher.pending == 0)
    }
}
