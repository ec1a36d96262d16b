import Foundation
import PowerLoss
import TestSupport
import Testing

@testable import PaymentsService

/// The power fails at any operation of the disk, and takes with it what was not synced, or a part of that.
@Suite struct PowerLossTests {
    /// How often the power fails in each of the cases: `POWER_LOSSES`, or what takes a few seconds.
    private static let losses = ProcessInfo.processInfo.environment["POWER_LOSSES"].flatMap(Int.init) ?? 50
    /// How often on one disk, before it grows too large to be looked through quickly.
    private static let lossesOfOneDisk = 10

    @Test("Whatever was answered or read is there, once, and the books are right", arguments: 0..<4)
    func nothingIsLost(_ index: Int) async throws {
        let announced = SeededGenerator.announced("nothingIsLost(\(index))")
        var generator = SeededGenerator(seed: announced.seed &+ UInt64(index))
        var (losses, promised) = (0, 0)
        while losses < Self.losses {
            var bank = try PoweredBank(SeededGenerator(seed: generator.next()))
            for _ in 0..<min(Self.lossesOfOneDisk, Self.losses - losses) {
                let faults = try await bank.live()
                losses += 1
                try #require(faults.isEmpty, "loss \(losses): \(faults)")
            }
            promised += bank.promised
        }
        #expect(promised > Self.losses, "too little was answered to be lost")
    }

    @Test(
        "It is noticed when commits are acknowledged before they are durable, or never made so",
        arguments: [Disk.Honesty.late, .lying])
    func lossesAreNoticed(honesty: Disk.Honesty) async throws {
        var generator = SeededGenerator.announced()
        for _ in 0..<20 {
            var bank = try PoweredBank(SeededGenerator(seed: generator.next()), honesty)
            for _ in 0..<Self.lossesOfOneDisk {
                guard try await bank.live().isEmpty else { return }
            }
        }
        Issue.record("nothing was found")
    }
}
