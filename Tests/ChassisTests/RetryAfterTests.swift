import Testing

@testable import Chassis

@Suite("Retry-After") struct RetryAfterTests {
    @Test(
        "What a field asks for",
        arguments: [
            ("0", 0), ("5", 5_000), ("007", 7_000), ("3599", 3_599_000), ("3600", 3_600_000), ("86400", 3_600_000),
            ("9223372036854775807", 3_600_000), ("9223372036854775808", 3_600_000),
            ("Thu, 01 Jan 1970 00:20:00 GMT", 200_000), ("Thursday, 01-Jan-70 00:20:00 GMT", 200_000),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Fri, 02 Jan 1970 00:00:00 GMT", 3_600_000),
            ("", nil), ("-5", nil), ("+5", nil), ("1.5", nil), ("5 s", nil), ("1, 2", nil), ("soon", nil),
        ] as [(String, Int64?)])
    func fields(text: String, wait: Int64?) {
        #expect(RetryAfter.wait(text, now: 1_000_000) == wait)
    }
}
