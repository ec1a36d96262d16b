import Testing

@testable import PaymentsService

@Suite struct CurrencyTests {
    @Test(
        "Exponents follow ISO 4217",
        arguments: [
            ("JPY", 0), ("KRW", 0), ("CLP", 0), ("VND", 0), ("USD", 2), ("EUR", 2), ("GBP", 2), ("CHF", 2),
            ("KWD", 3), ("BHD", 3), ("TND", 3), ("XCG", 2), ("ZWG", 2),
        ])
    func exponents(code: String, exponent: Int) throws {
        let currency = try #require(Currency(code: code))
        #expect(currency.exponent == exponent)
        #expect(currency.code == code)
    }

    @Test(
        "What is no active national currency is refused",
        arguments: ["", "usd", "US", "USDX", "XXX", "XAU", "HRK", "€€€", " USD"])
    func refused(code: String) {
        #expect(Currency(code: code) == nil)
    }

    @Test func everyCodeIsThreeCapitals() {
        let codes = Currency.allCodes
        #expect(codes.count == Set(codes).count)
        #expect((150...160).contains(codes.count))
        for code in codes { #expect(code.utf8.count == 3 && code.utf8.allSatisfy { (0x41...0x5A).contains($0) }) }
    }
}
