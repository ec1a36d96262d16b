import Foundation
import TestSupport
import Testing

@testable import PaymentsService

/// Random histories, run against the store and against a model that is too simple to be wrong.
@Suite struct RandomHistoryTests {
    /// How long each of the histories is: `HISTORY_STEPS`, or what takes a second or two.
    private static let steps = ProcessInfo.processInfo.environment["HISTORY_STEPS"].flatMap(Int.init) ?? 700

    @Test("Store and model agree after every step, also over restarts and crashes", arguments: 0..<4)
    func histories(_ index: Int) async throws {
        let announced = SeededGenerator.announced("histories(\(index))")
        var history = try await RandomHistory(SeededGenerator(seed: announced.seed &+ UInt64(index)))
        for step in 1...Self.steps {
            try await history.go()
            // A long history tells early that it went wrong.
            if step.isMultiple(of: 5_000) { try await history.compareAll() }
        }
        try await history.compareAll()
        for act in ["payment", "authorisation", "capture", "cancel", "deposit", "withdrawal", "freeze"] {
            #expect((history.met["\(act) done"] ?? 0) > 0, "no \(act) was done: \(history.met)")
        }
        #expect(history.met.keys.contains { $0.hasSuffix("refused") })
    }
}
