import Chassis
import Synchronization
import TestSupport
import Testing

@Suite struct IdentifierTests {
    @Test func growsStrictlyWithinAMillisecondAndWhenTheClockGoesBack() {
        let clock = ManualWallClock()
        let generator = UUIDv7Generator(clock: clock)
        var ids: [String] = []
        for step in 0..<20_000 {
            if step == 10_000 { clock.advance(milliseconds: -5_000) }
            ids.append(generator.make("pay"))
        }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { Identifier.isValid($0, prefix: "pay") })
    }

    @Test func holdsTimeVersionAndVariant() throws {
        let clock = ManualWallClock(now: 0x0123_4567_89AB)
        let id = UUIDv7Generator(clock: clock).make("usr")
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var value: UInt128 = 0
        for character in id.dropFirst(4) {
            value = value << 5 | UInt128(try #require(alphabet.firstIndex(of: character)))
        }
        #expect(value >> 80 == 0x0123_4567_89AB)
        #expect(value >> 76 & 15 == 7)
        #expect(value >> 62 & 3 == 2)
    }

    @Test func sortsByTime() {
        let clock = ManualWallClock()
        let generator = UUIDv7Generator(clock: clock)
        let first = generator.make("evt")
        clock.advance(milliseconds: 1)
        #expect(first < generator.make("evt"))
    }

    @Test(arguments: [
        "usr_", "usr", "", "usr-00000000000000000000000001", "acct_00000000000000000000000001",
        "usr_0000000000000000000000000l", "usr_0000000000000000000000000U", "usr_80000000000000000000000000",
        "usr_000000000000000000000000011", "usr_0000000000000000000000001",
    ])
    func refuses(text: String) { #expect(!Identifier.isValid(text, prefix: "usr")) }

    @Test func countsForTests() {
        let generator = SequentialIdentifierGenerator()
        #expect(generator.make("usr") == "usr_00000000000000000000000001")
        #expect(generator.make("acct") == "acct_00000000000000000000000002")
    }

    @Test func neverRepeatsAcrossThreads() async {
        let generator = UUIDv7Generator()
        let all = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { (0..<2_000).map { _ in generator.make("key") } } }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(all.count == 16_000)
    }
}
