/// A currency of ISO 4217 with the number of decimal digits of its minor unit.
///
/// Amounts are whole numbers of minor units everywhere: `exponent` is what a client needs to print them, and what
/// keeps 500 yen and 5.00 dollars apart.
struct Currency: Sendable, Hashable {
    /// The alphabetic code, three upper-case letters.
    let code: String
    /// Decimal digits of the minor unit: 0 for JPY, 2 for USD, 3 for KWD.
    let exponent: Int

    /// Returns nil for a code that is not in ISO 4217's list of active national currencies. Codes are upper case:
    /// accepting `usd` as well would give one request two fingerprints for the same meaning.
    init?(code: String) {
        guard let exponent = Self.exponents[code] else { return nil }
        self.code = code
        self.exponent = exponent
    }

    /// Every code that `init(code:)` accepts.
    static var allCodes: [String] { exponents.keys.sorted() }

    private static let exponents: [String: Int] = {
        var table: [String: Int] = [:]
        for (exponent, codes) in codesByExponent {
            for code in codes.split(separator: " ") { table[String(code)] = exponent }
        }
        return table
    }()

    /// ISO 4217 list one: national currencies, without funds codes, precious metals, bond units and test codes.
    private static let codesByExponent: [(Int, String)] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
        (
            2,
            """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP \
            CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS \
            INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
            MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE \
            SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW \
            ZWG
            """
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
    ]
}
