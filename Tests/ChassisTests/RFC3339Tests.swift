import Chassis
import TestSupport
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func formatsAndReads(time: Int64, text: String) {
        #expect(RFC3339.string(time) == text)
        #expect(RFC3339.milliseconds(text) == time)
    }

    @Test func clampsWhatHasNoFourDigitYear() {
        #expect(RFC3339.string(.max) == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.string(.min) == "0000-01-01T00:00:00.000Z")
    }

    @Test(
        arguments: [
            ("2026-01-31T08:15:30Z", 1_769_847_330_000), ("2026-01-31T08:15:30.5Z", 1_769_847_330_500),
            ("2026-01-31T08:15:30.123456789Z", 1_769_847_330_123),
        ] as [(String, Int64)])
    func readsOtherFractions(text: String, time: Int64) {
        #expect(RFC3339.milliseconds(text) == time)
    }

    @Test(arguments: [
        "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+00:00", "x026-01-01T00:00:00Z",
    ])
    func refuses(text: String) { #expect(RFC3339.milliseconds(text) == nil) }

    // From 1590 on: before, Foundation counts in the Julian calendar, RFC 3339 never does.
    @Test func agreesWithFoundation() {
        var random = SeededGenerator.announced()
        for _ in 0..<2_000 {
            let time = Int64.random(in: -12_000_000_000...253_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(time))
            #expect(RFC3339.string(time * 1_000).dropLast(5) == date.formatted(.iso8601).dropLast())
        }
    }
}
