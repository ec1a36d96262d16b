import Chassis
import Crypto
import Foundation
import Testing

@testable import Gateway

@Suite struct TokenTests {
    private static let now: Int64 = 1_700_000_000_000
    private static let issuer = IssuerConfiguration(
        name: "default", issuer: "tollgate", audiences: ["tollgate"], keys: .file(""), requiredClaims: ["sid"])
    private static let profile = TokenProfile(issuer)

    private func inspect(_ token: String, at now: Int64 = now) throws(TokenRefusal) -> TokenClaims {
        try Self.profile.inspect(try UnverifiedToken(Array(token.utf8)), now: now)
    }

    private func refusal(_ token: String, at now: Int64 = now) -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try inspect(token, at: now)
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
        let claims = try inspect(token())
        #expect(claims.keyID == "key-1")
        #expect(claims.subject == "usr_1")
        #expect(claims.sessionID == "ses_1")
        #expect(claims.scopes == ["users:read", "payments:write"])
        #expect(claims.expiry == Self.now + 600_000 + 60_000)
    }

    @Test(arguments: [
        (#"{"alg":"none","typ":"at+jwt","kid":"key-1"}"#, TokenRefusal.unsigned),
        (#"{"alg":"nOnE","typ":"at+jwt","kid":"key-1"}"#, .unsigned),
        (#"{"alg":"HS256","typ":"at+jwt","kid":"key-1"}"#, .symmetric),
        (#"{"alg":"hs512","typ":"at+jwt","kid":"key-1"}"#, .symmetric),
        (#"{"alg":"es256","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"RS256","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":null,"typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"ES384","typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":["ES256"],"typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"typ":"at+jwt","kid":"key-1"}"#, .algorithm),
        (#"{"alg":"ES256","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"JWT","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"tollgate-id+jwt","kid":"key-1"}"#, .type),
        (#"{"alg":"ES256","typ":"at+jwt"}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":""}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":7}"#, .header),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","crit":["exp"]}"#, .critical),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","crit":[]}"#, .critical),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","jku":"https://evil.example/keys"}"#, .keyURL),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","x5u":"https://evil.example/cert"}"#, .certificateURL),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","x5c":["MII"]}"#, .certificates),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","jwk":{"kty":"EC"}}"#, .embeddedKey),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","b64":false}"#, .unencoded),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","b64":true}"#, .unencoded),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1","zip":"DEF"}"#, .header),
        (#"{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"key-1"}"#, .duplicateMember),
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
        #expect(refusal(token(claims: claims)) == .duplicateMember)
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
        let keys = try await KeySet(parsing: TestIssuer.keySet, algorithms: [.es256])
        let key = try #require(keys.keys["key-1"])
        let good = Array(token().utf8)
        #expect(Self.verifies(good, key))
        for _ in 0..<60 {
            var bytes = good
            let index = Int.random(in: 0..<bytes.count, using: &random)
            bytes[index] = Array("abcXYZ019-_.".utf8).randomElement(using: &random) ?? 0
            guard bytes != good else { continue }
            #expect(!Self.verifies(bytes, key), "byte \(index)")
        }
    }

    private static func verifies(_ token: [UInt8], _ key: VerificationKey) -> Bool {
        guard let token = try? UnverifiedToken(token) else { return false }
        return key.verifies(token.signature, of: token.signed)
    }

    // MARK: - Cache

    private func verified(_ expiry: Int64) async throws -> VerifiedToken {
        let key = try #require(try await KeySet(parsing: TestIssuer.keySet, algorithms: [.es256]).keys["key-1"])
        return VerifiedToken(
            claims: TokenClaims(keyID: "k", subject: "usr_1", scopes: [], roles: [], expiry: expiry), key: key,
            source: TestKeySource.make { [] }, grants: Grants(), generation: 1)
    }

    private func holds(_ cache: TokenCache, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return cache.find(bytes.span) != nil
    }

    @Test func theCacheFindsExactlyWhatWasPutIn() async throws {
        var cache = TokenCache(entries: 16)
        cache.insert(Array("header.claims.signature".utf8), try await verified(1))
        #expect(holds(cache, "header.claims.signature"))
        #expect(!holds(cache, "Header.claims.signature"))
        #expect(!holds(cache, "header.claims.signatur"))
        #expect(!holds(cache, ""))
    }

    @Test func theCacheIsBoundedAndKeepsWhatLivesLongest() async throws {
        var cache = TokenCache(entries: 4)
        for index in 0..<100 { cache.insert(Array("token-\(index)".utf8), try await verified(Int64(index))) }
        #expect((0..<100).filter { holds(cache, "token-\($0)") } == [96, 97, 98, 99])
    }

    @Test func aCacheOfNothingRemembersNothing() async throws {
        var cache = TokenCache(entries: 0)
        cache.insert([1], try await verified(1))
        #expect(!holds(cache, "\u{1}"))
    }
}
