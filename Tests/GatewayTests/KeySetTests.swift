import Crypto
import Foundation
import Testing

@testable import Gateway

@Suite struct KeySetTests {
    private func keySet(
        _ text: some Sequence<UInt8>, algorithms: [TokenAlgorithm] = TokenAlgorithm.allCases
    ) async throws(KeySet.Unusable) -> [String: VerificationKey] {
        try await KeySet(parsing: Array(text), algorithms: algorithms).keys
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"a","k":"AA"}]}"#,
        #"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}"#,
        #"{"keys":[{"kty":"RSA","kid":"a","n":"AQ","e":"AQAB"}]}"#,
        #"{"keys":[{"kty":"OKP","crv":"X25519","kid":"a","x":"AA"}]}"#,
    ])
    func junkIsNoKeySet(text: String) async {
        await #expect(throws: KeySet.Unusable.self) { try await keySet(text.utf8) }
    }

    @Test func aSetThatIsTooLongOrTooLargeIsRefused() async {
        let long = String(decoding: TestIssuer.keySet, as: UTF8.self) + String(repeating: " ", count: 64 << 10)
        await #expect(throws: KeySet.Unusable.self) { try await keySet(long.utf8) }
        let many = (0..<33).map { ("k\($0)", TestKey.ecdsa(TestIssuer.key)) }
        await #expect(throws: KeySet.Unusable.self) { try await keySet(TestIssuer.keySet(many)) }
    }

    @Test func everyAlgorithmVerifiesWithItsOwnKeyOnly() async throws {
        let all: [(id: String, key: TestKey)] = [
            ("ec", .ecdsa(TestIssuer.key)), ("ed", .ed25519), ("rsa", .rsa2048),
        ]
        let keys = try await keySet(TestIssuer.keySet(all))
        #expect(keys.mapValues(\.algorithm) == ["ec": .es256, "ed": .edDSA, "rsa": .rs256])
        for (signer, key) in all {
            let token = try UnverifiedToken(Array(TestIssuer.token("{}", with: key, id: signer).utf8))
            for (id, candidate) in keys {
                #expect(candidate.verifies(token.signature, of: token.signed) == (id == signer), "\(signer) by \(id)")
            }
        }
    }

    @Test func anotherKeyUnderTheSameNameDoesNotVerify() async throws {
        let other = TestIssuer.keySet(of: P256.Signing.PrivateKey(), id: "key-1")
        let key = try #require(try await keySet(other)["key-1"])
        let token = try UnverifiedToken(Array(TestIssuer.sign(claims: "{}").utf8))
        #expect(!key.verifies(token.signature, of: token.signed))
    }

    @Test func aPublicKeyIsNoSecret() async throws {
        // HMAC with the public key in any of its forms as the secret, the oldest confusion there is.
        let key = try #require(try await keySet(TestIssuer.keySet([("k", .rsa2048)]))["k"])
        let signed = Array("header.claims".utf8)
        let mac = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key.material))
        #expect(!key.verifies(Array(mac), of: signed[...]))
    }

    @Test func onlyAllowedAlgorithmsAreTaken() async throws {
        let set = TestIssuer.keySet([("ec", .ecdsa(TestIssuer.key)), ("rsa", .rsa2048), ("ed", .ed25519)])
        #expect(try await keySet(set, algorithms: [.edDSA]).keys.sorted() == ["ed"])
        #expect(try await keySet(set, algorithms: [.rs256, .es256]).keys.sorted() == ["ec", "rsa"])
    }

    @Test func weakKeysArePassedOver() async throws {
        let weak = TestIssuer.keySet([("weak", .rsa1024), ("good", .rsa2048)])
        #expect(try await keySet(weak).keys.sorted() == ["good"])
        let text = String(decoding: TestIssuer.keySet([("good", .rsa2048)]), as: UTF8.self)
        for exponent in ["AQ", "AAAB", "Ag", "AQAAAAE", ""] {
            let bad = text.replacing(#""e":"AQAB""#, with: #""e":"\#(exponent)""#)
            await #expect(throws: KeySet.Unusable.self, "e \(exponent)") { try await keySet(bad.utf8) }
        }
    }

    @Test(arguments: [
        (#""use":"enc""#, false), (#""key_ops":["encrypt"]"#, false), (#""key_ops":"verify""#, false),
        (#""key_ops":["verify"]"#, true), (#""use":"sig","x5t":"AA""#, true),
    ])
    func keysForOtherUsesArePassedOver(extra: String, isTaken: Bool) async {
        let set = TestIssuer.keySet([("k", .ecdsa(TestIssuer.key))], extra: extra)
        #expect(((try? await keySet(set)) != nil) == isTaken)
    }

    @Test(arguments: ["RS512", "PS256", "ES384", "none", "HS256"])
    func aKeyForAnotherAlgorithmIsPassedOver(name: String) async {
        let text = String(decoding: TestIssuer.keySet([("k", .rsa2048)]), as: UTF8.self)
        let changed = text.replacing(#""alg":"RS256""#, with: #""alg":"\#(name)""#)
        await #expect(throws: KeySet.Unusable.self) { try await keySet(changed.utf8) }
    }

    @Test func ed25519HasTwoNames() async throws {
        let text = String(decoding: TestIssuer.keySet([("k", .ed25519)]), as: UTF8.self)
        let changed = text.replacing(#""alg":"EdDSA""#, with: #""alg":"Ed25519""#)
        #expect(try await keySet(changed.utf8)["k"]?.algorithm == .edDSA)
    }

    @Test func twoKeysOfOneNameAreRefused() async {
        let keys = TestIssuer.keySet([("k", .ed25519), ("k", .rsa2048)])
        await #expect(throws: KeySet.Unusable.self) { try await keySet(keys) }
    }
}
