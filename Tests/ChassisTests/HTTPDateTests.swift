import Chassis
import Testing

@Suite struct HTTPDateTests {
    private static let now: Int64 = 1_795_780_800_000

    @Test(
        "The three forms are one time",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ])
    func forms(text: String) {
        #expect(HTTPDate.milliseconds(text, now: Self.now) == 784_111_777_000)
    }

    @Test("Two digits of a year mean one that is not far ahead")
    func shortYears() {
        let year = { (text: String) in
            HTTPDate.milliseconds("Sunday, 06-Nov-\(text) 00:00:00 GMT", now: Self.now).map {
                RFC3339.string($0).prefix(4)
            }
        }
        #expect(year("26") == "2026" && year("76") == "2076" && year("77") == "1977" && year("99") == "1999")
    }

    @Test func aLeapSecondCounts() {
        let leap = HTTPDate.milliseconds("Sat, 31 Dec 2016 23:59:60 GMT", now: Self.now)
        #expect(leap == RFC3339.milliseconds("2016-12-31T23:59:59Z"))
    }

    @Test(
        "Anything else is no date",
        arguments: [
            "", " ", "now", "120", "2026-11-27T12:00:00Z", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT", "Sunday, 06-Nov--4 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT and more that nobody reads",
        ])
    func others(text: String) {
        #expect(HTTPDate.milliseconds(text, now: Self.now) == nil)
    }
}
