import Testing

@testable import UserService

@Suite struct PasswordPolicyTests {
    private func refusal(_ text: String) throws -> PasswordPolicy.Refusal? {
        PasswordPolicy.refusal(
            text, email: EmailAddress("ada.lovelace@example.com"), name: "Ada Lovelace")
    }

    @Test(arguments: [
        "password", "PASSWORD1", "qwertyuiop", "12345678", "iloveyou", "Password123!", "zzzzzzzz", "tollgate1",
    ])
    func commonOnesAreRefused(_ text: String) throws {
        #expect(try refusal(text) == .common)
    }

    @Test func oneCharacterIsNoPasswordHoweverLong() throws {
        #expect(try refusal(String(repeating: "\u{1F511}", count: 40)) == .common)
        #expect(try refusal(String(repeating: "x", count: 256)) == .common)
    }

    @Test(arguments: [
        "ada.lovelace@example.com", "ADA.LOVELACE", "Ada Lovelace", "adalovelace", "AdaLovelace1815!",
        "ada-lovelace-99",
    ])
    func onesOwnNameIsRefused(_ text: String) throws {
        #expect(try refusal(text) == .personal)
    }

    /// No rules of composition: any Unicode, spaces, no digit needed.
    @Test(arguments: [
        "correct horse battery", "a tollbooth in winter", "åäöåäöåö", "密码很长很长很长", "        x       ",
        "lovelace was a poet",
        "\u{1F511}\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F511}\u{1F40E}\u{1F50B}\u{1F4CE}",
    ])
    func othersAreTaken(_ text: String) throws {
        #expect(try refusal(text) == nil)
    }

    @Test func lengthIsCountedInCharactersAfterNormalisation() throws {
        #expect(try refusal("seven77") == .tooShort)
        #expect(try refusal(String(repeating: "ab", count: 129)) == .tooLong)
        // Four of two scalars each, which become four.
        #expect(try refusal("a\u{308}o\u{308}u\u{308}e\u{308}") == .tooShort)
    }

    /// ASVS 5.0, 6.2.4: at least the top 3,000 that match the policy. Sorted, or the search would miss some.
    @Test func theListIsLongSortedAndFound() {
        let lines = CommonPasswords.lines
        #expect(lines.count > 3_000)
        #expect(lines.allSatisfy { $0.count >= Password.length.lowerBound })
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        #expect(lines.allSatisfy { CommonPasswords.contains($0) })
        for line in lines {
            #expect(!CommonPasswords.contains(line + [0x20]) && !CommonPasswords.contains([0x20] + line))
        }
        for text in ["", "\n", "password\n", "a", "zzzzzzzzzzzzz", "~"] {
            #expect(!CommonPasswords.contains(Array(text.utf8)))
        }
    }

    @Test func strengthGrowsWithLengthAndVariety() {
        #expect(PasswordStrength("abcdefgh") == .weak && PasswordStrength("abababababab") == .weak)
        #expect(PasswordStrength("kzqwmvtx") < PasswordStrength("kzqwmvtx kzq lmrt"))
        #expect(PasswordStrength("correct horse battery staple") >= .good)
        #expect(PasswordStrength("xK9#mQ2$vL7!pR4&") == .strong)
    }
}
