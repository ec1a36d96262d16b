import Foundation
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories, run against the store and against a model that is too simple to be wrong.
@Suite struct RandomHistoryTests {
    /// How long each of the histories is: `HISTORY_STEPS`, or what takes a second or two.
    private static let steps = ProcessInfo.processInfo.environment["HISTORY_STEPS"].flatMap(Int.init) ?? 700

    /// What the histories must have done at least once, so that they compare something.
    private static let acts =
        [
            "payment", "authorisation", "capture", "cancel", "expiry", "refund", "partial refund", "another refund",
            "batch", "atomic batch", "half of a batch done", "half of a batch undone", "deposit", "withdrawal",
            "freeze", "unfreeze", "close", "freeze by support", "unfreeze by support", "night", "key used again",
            "endpoint", "endpoint removed", "delivery", "delivery again",
        ]
        + ["payment", "capture", "cancel", "refund", "batch", "deposit", "withdrawal"].map { "retry of \($0)" }
        + ["payment", "refund", "atomic batch", "withdrawal", "unfreeze", "freeze by support", "delivery"].map {
            "\($0) refused"
        }

    @Test("Store and model agree after every step, also over restarts and crashes")
    func histories() async throws {
        let seed = SeededGenerator.announced().seed
        let done = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            for index in UInt64(0)..<4 { group.addTask { try await Self.play(SeededGenerator(seed: seed &+ index)) } }
            return try await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        // Together: one of them may by chance never have an account that can be closed.
        let missing = Set(Self.acts).subtracting(done)
        #expect(missing.isEmpty)
    }

    /// Plays one history, and says which acts it did.
    private static func play(_ random: SeededGenerator) async throws -> Set<String> {
        var history = try await RandomHistory(random)
        var step = 0
        // A short history may by chance do none of a rare act: it goes on until it did, within reason.
        while step < steps || (step < 3_000 && !acts.allSatisfy(history.did)) {
            try await history.go()
            step += 1
            // A long history tells early that it went wrong.
            if step.isMultiple(of: 5_000) { try await history.compareAll() }
        }
        try await history.compareAll()
        return Set(acts.filter(history.did))
    }
}
