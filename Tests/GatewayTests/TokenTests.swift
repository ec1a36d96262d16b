import Chassis
import Crypto
import Foundation
import Testing

@testable import Gateway

@Suite struct TokenTests {
    private static let now: Int64 = 1_700_000_000_000
    private static let profile = TokenProfile(
        AuthenticationConfiguration(
            issuer: "tollgate", audience: "tollgate", jwksUpstream: "u", jwksPath: "/", requiredClaims: ["sid"]))

    private func refusal(_ token: String, at now: Int64 = now) -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try Self.profile.inspect(Array(token.utf8), now: now)
            return nil
        } catch {
            return error
        }
    }

    private func token(
        header: String = TestIssuer.header, claims: String = TestIssuer.claims(now: now)
    ) -> String {
        TestIssuer.sign(header: header, claims: claims)
    }

    @Test func aGoodTokenIsRead() throws {
        let claims = try Self.profile.inspect(Array(token().utf8), now: Self.now)
        #expect(claims.keyID == "key-1")
        #expect(claims.subject == "usr_1")
        #expect(claims.sessionID == "ses_1")
        #expect(claims.scopes == ["users:read", "payments:write"])
        #expect(claims.expiry == Self.now + 600_000 + 60_000)
    }

    @Test(arguments: [
        (#"{"alg":"none","typ":"at+jwt","kid":"key-1"}"#, TokenRefusal.algorithm),
        (#"{"alg":"None","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"HS256","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"ES384","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":["ES256"],"typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"ES256","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"JWT","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"tollgate-id+jwt","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"at+jwt"}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":""}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":7}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","crit":["exp"]}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","jku":"https://evil.example/keys"}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","x5u":"https://evil.example/cert"}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","x5c":["MII"]}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","jwk":{"kty":"EC"}}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","b64":false}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","zip":"DEF"}"#, .header),
        (#"{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"key-1"}"#, .malformed),
        (#"["ES256"]"#, .malformed),
        ("not json", .malformed),
    ])
    func headersThatAskForMoreAreRefused(header: String, expected: TokenRefusal) {
        #expect(refusal(token(header: header)) == expected)
    }

    private static let claimCases: [(String, String?, TokenRefusal?)] = [
        ("iss", "\"evil\"", TokenRefusal.issuer), ("iss", nil, .issuer), ("iss", "[\"tollgate\"]", .issuer),
        ("aud", "\"other\"", .audience), ("aud", nil, .audience), ("aud", "[\"other\"]", .audience),
        ("aud", "[\"other\",\"tollgate\"]", nil),
        ("exp", nil, .missingClaim), ("exp", "\"1700000600\"", .malformed), ("exp", "1.7e9", .malformed),
        ("exp", "-1", .malformed), ("exp", "99999999999999999", .malformed), ("exp", "1699999940", .expired),
        ("exp", "1699999941", nil),
        ("nbf", "1700000060", nil), ("nbf", "1700000061", .notYetValid), ("nbf", "\"0\"", .malformed),
        ("iat", "1700000061", .notYetValid),
        ("sub", nil, .missingClaim), ("sub", "\"\"", .missingClaim), ("sub", "7", .missingClaim),
        ("sid", nil, .missingClaim), ("sid", "null", .missingClaim), ("sid", "7", .malformed),
        ("scope", "[\"users:read\"]", .malformed), ("roles", "\"admin\"", .malformed), ("roles", "[1]", .malformed),
    ]

    @Test(arguments: claimCases)
    func claimsAreCheckedStrictly(name: String, value: String?, expected: TokenRefusal?) {
        let claims = TestIssuer.claims(now: Self.now, changing: name, to: value)
        #expect(refusal(token(claims: claims)) == expected)
    }

    @Test func repeatedClaimsAreRefused() {
        let claims = TestIssuer.claims(now: Self.now).replacing("{", with: #"{"sub":"usr_2","#)
        #expect(refusal(token(claims: claims)) == .malformed)
    }

    @Test func theFormMustBeExact() {
        let good = token()
        #expect(refusal(good + ".") == .malformed)
        #expect(refusal(good + "=") == .malformed)
        #expect(refusal("." + good) == .malformed)
        #expect(refusal(good.replacing(".", with: "")) == .malformed)
        #expect(refusal(String(good.dropLast(10))) == .malformed)
        #expect(refusal(good + " ") == .malformed)
        #expect(refusal("") == .malformed)
        #expect(refusal(String(repeating: "a", count: 8 << 10) + "a") == .tooLong)
    }

    @Test func oneByteChangedAnywhereIsNeverVerified() async throws {
        var random = TestSeed.generator()
        let keys = try await KeySet(parsing: TestIssuer.keySet)
        let good = Array(token().utf8)
        #expect(await keys.verifies(good))
        for _ in 0..<60 {
            var bytes = good
            let index = Int.random(in: 0..<bytes.count, using: &random)
            bytes[index] = Array("abcXYZ019-_.".utf8).randomElement(using: &random) ?? 0
            guard bytes != good, (try? Self.profile.inspect(bytes, now: Self.now)) != nil else { continue }
            #expect(await !keys.verifies(bytes), "byte \(index)")
        }
    }

    @Test func anotherKeyUnderTheSameNameDoesNotVerify() async throws {
        let keys = try await KeySet(parsing: TestIssuer.keySet(of: P256.Signing.PrivateKey(), id: "key-1"))
        #expect(await !keys.verifies(Array(token().utf8)))
    }

    // MARK: - Key sets

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"a","k":"AA"}]}"#,
        #"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}"#,
    ])
    func junkIsNoKeySet(text: String) async {
        await #expect(throws: KeySet.Unusable.self) { try await KeySet(parsing: Array(text.utf8)) }
    }

    @Test func keysForOtherUsesArePassedOver() async throws {
        let text = String(decoding: TestIssuer.keySet, as: UTF8.self)
        let withOthers = text.replacing("[{", with: #"[{"kty":"RSA","kid":"r","n":"AQ","e":"AQAB"},{"#)
        #expect(try await KeySet(parsing: Array(withOthers.utf8)).points.keys.sorted() == ["key-1"])
        let forEncryption = text.replacing(#""use":"sig""#, with: #""use":"enc""#)
        await #expect(throws: KeySet.Unusable.self) { try await KeySet(parsing: Array(forEncryption.utf8)) }
    }

    @Test func twoKeysOfOneNameAreRefused() async {
        let key = String(decoding: TestIssuer.keySet, as: UTF8.self).dropFirst(9).dropLast(2)
        await #expect(throws: KeySet.Unusable.self) {
            try await KeySet(parsing: Array("{\"keys\":[\(key),\(key)]}".utf8))
        }
    }

    // MARK: - Cache

    private func verified(_ expiry: Int64) -> VerifiedToken {
        VerifiedToken(
            claims: TokenClaims(keyID: "k", subject: "usr_1", scopes: [], roles: [], expiry: expiry), point: [],
            grants: Grants(), generation: 1)
    }

    private func holds(_ cache: TokenCache, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return cache.find(bytes.span) != nil
    }

    @Test func theCacheFindsExactlyWhatWasPutIn() {
        var cache = TokenCache(entries: 16)
        cache.insert(Array("header.claims.signature".utf8), verified(1))
        #expect(holds(cache, "header.claims.signature"))
        #expect(!holds(cache, "Header.claims.signature"))
        #expect(!holds(cache, "header.claims.signatur"))
        #expect(!holds(cache, ""))
    }

    @Test func theCacheIsBoundedAndKeepsWhatLivesLongest() {
        var cache = TokenCache(entries: 4)
        for index in 0..<100 { cache.insert(Array("token-\(index)".utf8), verified(Int64(index))) }
        #expect((0..<100).filter { holds(cache, "token-\($0)") } == [96, 97, 98, 99])
    }

    @Test func aCacheOfNothingRemembersNothing() {
        var cache = TokenCache(entries: 0)
        cache.insert([1], verified(1))
        #expect(!holds(cache, "\u{1}"))
    }
}
