import TestSupport
import Testing

@testable import Chassis

@Suite("Sampler")
struct SamplerTests {
    @Test(
        "Follows the caller where it is parent-based, and decides by itself otherwise", arguments: Sampler.Name.allCases
    )
    func parents(name: Sampler.Name) {
        let sampler = Sampler(name, ratio: 0.5)
        let isParentBased = name.rawValue.hasPrefix("parentbased")
        for bits: UInt64 in [0, .max] {
            let own = sampler.chooses(parent: nil, bits: bits)
            #expect(sampler.chooses(parent: true, bits: bits) == (isParentBased ? true : own))
            #expect(sampler.chooses(parent: false, bits: bits) == (isParentBased ? false : own))
        }
    }

    @Test("Without a caller all, none, or those below the ratio")
    func roots() {
        #expect(Sampler(.parentOn, ratio: 0).chooses(parent: nil, bits: .max))
        #expect(!Sampler(.parentOff, ratio: 1).chooses(parent: nil, bits: 0))
        #expect(!Sampler(.ratio, ratio: 0).chooses(parent: nil, bits: 0))
        #expect(Sampler(.ratio, ratio: 1).chooses(parent: nil, bits: .max))
    }

    @Test("An allowance is used up within a second, whoever asks, and is new in the next")
    func allowance() async {
        let allowance = SampleAllowance(limit: 10)
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<20).count { allowance.admits(at: 5_000_000_000 + UInt64($0)) } }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 10)
        #expect(!allowance.admits(at: 5_999_999_999))
        #expect(allowance.admits(at: 6_000_000_000))
    }

    @Test("A ratio is met by random ids", arguments: [0.01, 0.25, 0.9])
    func ratio(_ ratio: Double) {
        var random = SeededGenerator.announced()
        let sampler = Sampler(.ratio, ratio: ratio)
        let count = 100_000
        let chosen = (0..<count).count { _ in sampler.chooses(parent: nil, bits: random.next()) }
        // Six standard deviations: chance alone never gets there.
        let deviation = (Double(count) * ratio * (1 - ratio)).squareRoot()
        #expect(abs(Double(chosen) - Double(count) * ratio) < 6 * deviation)
    }
}
