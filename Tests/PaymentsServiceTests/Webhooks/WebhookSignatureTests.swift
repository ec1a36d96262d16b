import Testing

@testable import PaymentsService

@Suite struct WebhookSignatureTests {
    @Test("The check itself knows the examples of FIPS 180 and RFC 4231")
    func independence() {
        #expect(
            IndependentSignature.hex(IndependentSignature.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let code = IndependentSignature.hmac(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(
            IndependentSignature.hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 1_000])
    func aReceiverAcceptsWhatWeSign(length: Int) {
        let body = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let text = WebhookSignature.text(secrets: ["whsec_a", "whsec_b"], seconds: 1_700_000_000, body: body)
        #expect(text.hasPrefix("t=1700000000,v1="))
        #expect(text.split(separator: ",").count == 3)
        let valid = { (secret: String, body: [UInt8], now: Int64) in
            IndependentSignature.isValid(text, body: body, secret: secret, at: now)
        }
        #expect(valid("whsec_a", body, 1_700_000_010))
        #expect(valid("whsec_b", body, 1_700_000_010))
        #expect(!valid("whsec_c", body, 1_700_000_010))
        #expect(!valid("whsec_a", body + [0], 1_700_000_010))
        #expect(!valid("whsec_a", body, 1_700_000_301))
    }

    @Test("Secrets differ by endpoint, version and key, and stay what they are")
    func secrets() throws {
        let secrets = try #require(WebhookSecrets(String(repeating: "k", count: 32)))
        let other = try #require(WebhookSecrets(String(repeating: "l", count: 32)))
        let all = [
            secrets.secret(of: "whe_1", version: 1), secrets.secret(of: "whe_1", version: 2),
            secrets.secret(of: "whe_2", version: 1), other.secret(of: "whe_1", version: 1),
        ]
        #expect(Set(all).count == 4)
        #expect(all.allSatisfy { $0.hasPrefix("whsec_") && $0.utf8.count == 49 })
        #expect(secrets.secret(of: "whe_1", version: 1) == all[0])
        #expect(WebhookSecrets(String(repeating: "k", count: 31)) == nil)
    }
}
