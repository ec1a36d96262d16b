import TestSupport
import Testing

@testable import Chassis

@Suite struct APIKeySecretTests {
    @Test func readsBackWhatItShows() throws {
        let secret = APIKeySecret.random()
        #expect(secret.exposed.hasPrefix("tg_") && secret.exposed.utf8.count == APIKeySecret.length)
        #expect(secret.exposed.hasPrefix(secret.prefix) && secret.prefix.utf8.count == 11)
        #expect(try #require(APIKeySecret(secret.exposed)) == secret)
        #expect(APIKeySecret.random() != secret)
    }

    /// The bytes 0 to 31, computed with another implementation.
    @Test func theFormIsTheDocumentedOne() throws {
        let secret = try #require(APIKeySecret("tg_000g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70x3rfp63ed"))
        #expect(Base64URL.encode(secret.hash) == "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0")
        #expect(secret.exposed == "tg_000g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70x3rfp63ed")
    }

    /// Every single character that is typed wrong, and every two neighbours that are swapped, are noticed.
    @Test func mistakesAreNoticed() {
        var random = SeededGenerator.announced()
        let text = Array(APIKeySecret.random().exposed.utf8)
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        for place in 3..<text.count {
            var changed = text
            changed[place] = alphabet.filter { $0 != text[place] }.randomElement(using: &random) ?? 0
            #expect(APIKeySecret(changed) == nil)
            guard place + 1 < text.count, text[place] != text[place + 1] else { continue }
            var swapped = text
            swapped.swapAt(place, place + 1)
            #expect(APIKeySecret(swapped) == nil)
        }
    }

    @Test(arguments: ["", "tg_", "tgr_0", "TG_" + String(repeating: "0", count: 56), "key"])
    func refusesWhatItNeverIssued(_ text: String) {
        #expect(APIKeySecret(text) == nil)
        let secret = APIKeySecret.random().exposed
        for other in [secret.uppercased(), secret + "0", String(secret.dropLast()), " " + secret] {
            #expect(APIKeySecret(other) == nil)
        }
    }

    @Test func doesNotShowItself() {
        let secret = APIKeySecret.random()
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "[API key]" && String(reflecting: secret) == "[API key]")
        #expect(!dumped.contains("UInt8"))
        #expect(Redaction.clean("with key=\(secret.exposed), and tg_short") == "with [redacted], and tg_short")
    }
}
