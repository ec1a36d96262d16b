import Testing

@testable import UserService

@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace@Example.COM", "ada.lovelace@example.com"),
        ("a+tag@sub.example.co", "a+tag@sub.example.co"),
        ("o'brien_1{x}@xn--bcher-kva.example", "o'brien_1{x}@xn--bcher-kva.example"),
    ])
    func acceptsAndLowers(_ given: String, _ stored: String) {
        #expect(EmailAddress(given)?.exposed == stored)
    }

    @Test(arguments: [
        "", "@", "a@", "@b.co", "a", "a@b", "a@b.", "a@.co", "a@b..co", ".a@b.co", "a.@b.co", "a..b@c.de", "a b@c.de",
        "a@b@c.de", "\"a b\"@c.de", "a@[127.0.0.1]", "a@127.0.0.1", "a@-b.co", "a@b-.co", "a@b_c.de", "ä@b.co",
        "a@bücher.example", "a@b.co\n", "a\0@b.co", "a@b.co ", "a,b@c.de",
        String(repeating: "a", count: 65) + "@b.co",
        "a@" + String(repeating: "b", count: 64) + ".co",
        "a@" + String(repeating: "bcd.", count: 63) + "co",
    ])
    func refuses(_ given: String) {
        #expect(EmailAddress(given) == nil)
    }

    @Test func comparesInLowerCase() {
        #expect(EmailAddress("ADA@EXAMPLE.COM") == EmailAddress("ada@example.com"))
    }

    @Test func doesNotShowItself() throws {
        let email = try #require(EmailAddress("ada@example.com"))
        var dumped = ""
        dump(email, to: &dumped)
        #expect(!"\(email) \(String(reflecting: email)) \(dumped)".contains("ada"))
    }
}
