import Foundation
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories, run against the store and against a model that is too simple to be wrong.
@Suite struct RandomHistoryTests {
    /// How long each of the histories is: `HISTORY_STEPS`, or what takes a second or two.
    private static let steps = ProcessInfo.processInfo.environment["HISTORY_STEPS"].flatMap(Int.init) ?? 700

    /// What every history must have done at least once, so that it compares something.
    private static let acts = ["payment", "authorisation", "capture", "cancel", "deposit", "withdrawal", "freeze"]

    @Test("Store and model agree after every step, also over restarts and crashes", arguments: 0..<4)
    func histories(_ index: Int) async throws {
        let announced = SeededGenerator.announced("histories(\(index))")
        var history = try await RandomHistory(SeededGenerator(seed: announced.seed &+ UInt64(index)))
        var step = 0
        // A short history may by chance do none of a rare act: it goes on until it did, within reason.
        while step < Self.steps || (step < 20 * Self.steps && !Self.acts.allSatisfy(history.did)) {
            try await history.go()
            step += 1
            // A long history tells early that it went wrong.
            if step.isMultiple(of: 5_000) { try await history.compareAll() }
        }
        try await history.compareAll()
        for act in Self.acts {
            #expect(history.did(act), "no \(act) was done in \(step) steps: \(history.met)")
        }
        #expect(history.met.keys.contains { $0.hasSuffix("refused") })
    }
}
