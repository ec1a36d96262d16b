import Testing

@testable import UserService

@Suite struct PasswordTests {
    @Test(arguments: [(7, false), (8, true), (256, true), (257, false)])
    func boundsTheLength(_ count: Int, _ isAccepted: Bool) {
        #expect((Password(chosen: String(repeating: "x", count: count)) != nil) == isAccepted)
        #expect((Password(chosen: String(repeating: "🜁", count: count)) != nil) == isAccepted)
    }

    @Test func countsAfterNormalisation() {
        // Fourteen scalars that compose to seven characters.
        #expect(Password(chosen: String(repeating: "e\u{301}", count: 7)) == nil)
        #expect(Password(chosen: String(repeating: "e\u{301}", count: 8)) != nil)
    }

    @Test(arguments: ["        ", "пароль-пароль", "密码密码密码密码", "a\tb\nc\0d e", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦"])
    func takesAnyUnicode(_ text: String) {
        #expect(Password(chosen: text)?.bytes == Password(given: text)?.bytes)
        #expect(Password(chosen: text) != nil)
    }

    @Test func isTheSameHoweverItWasComposed() {
        #expect(Password(chosen: "caf\u{E9}-12345")?.bytes == Password(given: "cafe\u{301}-12345")?.bytes)
        // Compatibility variants stay different: NFC, not NFKC.
        #expect(Password(chosen: "\u{FB01}-1234567")?.bytes != Password(given: "fi-1234567")?.bytes)
    }

    @Test func doesNotShowItself() throws {
        let password = try #require(Password(chosen: "correct horse"))
        var dumped = ""
        dump(password, to: &dumped)
        let shown = "\(password) \(String(reflecting: password)) \(dumped)"
        #expect(!shown.contains("correct") && !shown.contains("99"))
    }
}

@Suite struct DisplayNameTests {
    @Test(arguments: [
        ("Ada", "Ada"), ("  Ada Lovelace\t", "Ada Lovelace"), ("Zoe\u{308}", "Zo\u{EB}"), ("李小龍", "李小龍"),
        ("👩‍🚀", "👩‍🚀"),
    ])
    func accepts(_ given: String, _ stored: String) {
        #expect(DisplayName(given)?.text.unicodeScalars.elementsEqual(stored.unicodeScalars) == true)
    }

    @Test(arguments: ["", "  ", "a\nb", "a\0b", "a\u{2028}b", "a\u{202E}b", "a\u{2066}b", "\u{7F}"])
    func refuses(_ given: String) {
        #expect(DisplayName(given) == nil)
    }

    @Test func boundsTheLength() {
        #expect(DisplayName(String(repeating: "x", count: 100)) != nil)
        #expect(DisplayName(String(repeating: "x", count: 101)) == nil)
    }
}
