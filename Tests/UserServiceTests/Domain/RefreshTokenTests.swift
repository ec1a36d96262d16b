import Chassis
import Testing

@testable import UserService

@Suite struct RefreshTokenTests {
    @Test func readsBackWhatItShows() throws {
        let token = RefreshToken.random()
        #expect(token.exposed.hasPrefix("tgr_") && token.exposed.utf8.count == 47)
        #expect(try #require(RefreshToken(token.exposed)) == token)
    }

    @Test(arguments: [
        "", "tgr_", "tgr_AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",  // bits left over
        "tgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  // 33 bytes
        "TGR_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "tgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
    func refusesWhatItNeverIssued(_ text: String) {
        #expect(RefreshToken(text) == nil)
    }

    @Test func theSuccessorDependsOnTokenAndSalt() throws {
        let token = RefreshToken.random()
        let salt = [UInt8](repeating: 7, count: 32)
        #expect(token.successor(salt: salt) == token.successor(salt: salt))
        #expect(token.successor(salt: salt) != token.successor(salt: [UInt8](repeating: 8, count: 32)))
        #expect(token.successor(salt: salt) != RefreshToken.random().successor(salt: salt))
    }

    /// SHA-256 of 32 zero bytes, and HMAC-SHA256 of nothing under them, computed with another implementation.
    @Test func hashesWithSHA256AndDerivesWithHMAC() throws {
        let token = try #require(RefreshToken("tgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
        #expect(Base64URL.encode(token.hash) == "Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU")
        #expect(token.successor(salt: []).exposed == "tgr_thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0")
    }

    @Test func doesNotShowItself() {
        let token = RefreshToken.random()
        var dumped = ""
        dump(token, to: &dumped)
        #expect("\(token)" == "[refresh token]" && String(reflecting: token) == "[refresh token]")
        #expect(!dumped.contains("UInt8"))
    }
}
