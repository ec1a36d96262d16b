import Chassis
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct CallbackSignatureTests {
    private static let secret = Secret("0123456789abcdef0123456789abcdef")
    private static let body = Array(#"{"id":"cb_1"}"#.utf8)
    private static let now: Int64 = 1_700_000_000_000

    /// Computed with `openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef` over `1700000000.{"id":"cb_1"}`.
    private static let known = "b6dcff969b58492666f064a7433f4d822f6b063c76a1696f6a1f3e0229190bce"

    @Test("The code is the one that others compute")
    func knownAnswer() {
        let signature = CallbackSignature(Self.body, secret: Self.secret, at: Self.now + 999)
        #expect(signature.text == "t=1700000000,v1=\(Self.known)")
        #expect(CallbackSignature(field: signature.text) == signature)
    }

    @Test(
        "Five minutes either way, and no more",
        arguments: [(-300_000, true), (300_000, true), (-300_001, false), (300_001, false)])
    func tolerance(offset: Int64, isValid: Bool) {
        let signature = CallbackSignature(Self.body, secret: Self.secret, at: Self.now)
        #expect(signature.isValid(for: Self.body, secrets: [Self.secret], at: Self.now + offset) == isValid)
    }

    @Test("Either of two secrets, either of two signatures")
    func overlap() throws {
        let other = Secret("another secret of enough characters")
        let signature = CallbackSignature(Self.body, secret: Self.secret, at: Self.now)
        #expect(signature.isValid(for: Self.body, secrets: [other, Self.secret], at: Self.now))
        #expect(!signature.isValid(for: Self.body, secrets: [other], at: Self.now))
        #expect(!signature.isValid(for: Self.body, secrets: [], at: Self.now))
        let zeros = String(repeating: "0", count: 64)
        let both = try #require(CallbackSignature(field: "t=1700000000,v1=\(zeros),v1=\(Self.known)"))
        #expect(both.isValid(for: Self.body, secrets: [Self.secret], at: Self.now))
    }

    @Test("Every bit of the body, of the code and of the time counts")
    func everyBit() throws {
        let signature = CallbackSignature(Self.body, secret: Self.secret, at: Self.now)
        for index in Self.body.indices {
            var body = Self.body
            body[index] ^= 1
            #expect(!signature.isValid(for: body, secrets: [Self.secret], at: Self.now))
        }
        let later = try #require(CallbackSignature(field: "t=1700000001,v1=\(Self.known)"))
        #expect(!later.isValid(for: Self.body, secrets: [Self.secret], at: Self.now))
        for index in 0..<64 {
            var digits = Array(Self.known.utf8)
            digits[index] = digits[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            let forged = try #require(
                CallbackSignature(field: "t=1700000000,v1=\(String(decoding: digits, as: UTF8.self))"))
            #expect(!forged.isValid(for: Self.body, secrets: [Self.secret], at: Self.now))
        }
    }

    @Test(
        "What is not well-formed is no signature",
        arguments: [
            "", "t=1", "v1=00", "t=1,v1=", "t=1,v1=zz", "t=,v1=@", "t=-1,v1=@", "t=+1,v1=@", "t=1.0,v1=@",
            "t=1,t=1,v1=@",
            "t=1, v1=@", "t=1,v1=@,", "t=1,v2=@", "t=1234567890123,v1=@", "t=99999999999999999999,v1=@", "t=1,v1=@0",
            "t=1,v1=@,v1=@,v1=@,v1=@,v1=@", "t=1,V1=@",
        ])
    func malformed(field: String) {
        #expect(CallbackSignature(field: field.replacing("@", with: String(repeating: "a", count: 64))) == nil)
    }

    @Test("Random fields neither crash nor pass")
    func random() {
        var generator = SeededGenerator.announced()
        let alphabet = Array("t=v1,0123456789abcdef -".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...90, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator)!
            }
            let signature = CallbackSignature(field: String(decoding: bytes, as: UTF8.self))
            #expect(signature?.isValid(for: Self.body, secrets: [Self.secret], at: Self.now) != true)
        }
    }

    @Test(
        "One or two secrets, long enough",
        arguments: [("a", 0), ("", 0), ("b b", 0), ("x", 1), ("x\ny\n", 2), (" x  y ", 2), ("x y z", 0), ("x a", 0)])
    func secrets(text: String, count: Int) {
        let long = ["x", "y", "z"].reduce(text) { $0.replacing($1, with: String(repeating: $1, count: 32)) }
        #expect(CallbackSecrets(SecretSource(value: long)).current.count == count)
        let settings = Settings([CallbackSecrets.setting: long])
        if count == 0, !text.isEmpty {
            #expect(throws: SettingsError.self) { try CallbackSecrets(settings) }
        } else {
            #expect(throws: Never.self) { try CallbackSecrets(settings) }
        }
    }

    @Test("Without a secret nothing is believed")
    func none() throws {
        #expect(try CallbackSecrets(Settings([:])).current.isEmpty)
    }
}
