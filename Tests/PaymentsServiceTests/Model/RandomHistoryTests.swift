import Foundation
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories, run against the store and against a model that is too simple to be wrong.
@Suite struct RandomHistoryTests {
    /// How long each of the histories is: `HISTORY_STEPS`, or what takes a second or two.
    private static let steps = ProcessInfo.processInfo.environment["HISTORY_STEPS"].flatMap(Int.init) ?? 700

    /// What every history must have done at least once, so that it compares something.
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

    @Test("Store and model agree after every step, also over restarts and crashes", arguments: 0..<4)
    func histories(_ index: Int) async throws {
        let announced = SeededGenerator.announced("histories(\(index))")
        var history = try await RandomHistory(SeededGenerator(seed: announced.seed &+ UInt64(index)))
        var step = 0
        // A short history may by chance do none of a rare act: it goes on until it did, within reason.
        while step < Self.steps || (step < 20_000 && !Self.acts.allSatisfy(history.did)) {
            try await history.go()
            step += 1
            // A long history tells early that it went wrong.
            if step.isMultiple(of: 5_000) { try await history.compareAll() }
        }
        try await history.compareAll()
        let missing = Self.acts.filter { !history.did($0) }
        #expect(missing.isEmpty, "not done in \(step) steps")
    }
}
