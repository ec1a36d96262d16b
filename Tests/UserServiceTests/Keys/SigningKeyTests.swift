import Chassis
import Crypto
import JSON
import TestSupport
import Testing

@testable import UserService

@Suite struct SigningKeyTests {
    /// The key of RFC 7515 appendix A.3 in PEM; the thumbprint was computed with another implementation.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
        H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
        -----END PRIVATE KEY-----
        """

    @Test func theIDIsTheThumbprint() throws {
        let key = try SigningKey(pem: Self.pem)
        #expect(key.id == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")
        #expect(try SigningKey(pem: key.pem).id == key.id)
    }

    @Test func thePublishedKeyHasNoPrivatePart() async throws {
        let key = try SigningKey(pem: Self.pem)
        let set = try await SigningKeyRing.Snapshot(active: key, published: [key.publicKey])
        let published = try JSONValue(parsing: set.document)["keys"]?.array
        #expect(published?.count == 1)
        let jwk = try #require(published?.first)
        #expect(jwk["kty"]?.string == "EC" && jwk["crv"]?.string == "P-256")
        #expect(jwk["x"]?.string == "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
        #expect(jwk["y"]?.string == "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
        #expect(jwk["kid"]?.string == key.id && jwk["use"]?.string == "sig" && jwk["alg"]?.string == "ES256")
        #expect(jwk.object?.count == 7)
    }

    @Test func allArePublishedAndOneSigns() async throws {
        let (old, new) = (SigningKey(), SigningKey())
        let set = try await SigningKeyRing.Snapshot(active: old, published: [old.publicKey, new.publicKey])
        let kids = try JSONValue(parsing: set.document)["keys"]?.array?.compactMap { $0["kid"]?.string }
        #expect(kids == [old.id, new.id] && set.published == [old.id, new.id])
    }

    @Test func bytesGoBothWays() throws {
        let key = SigningKey()
        #expect(try SigningKey(privateBytes: key.privateBytes).id == key.id)
        #expect(try PublicSigningKey(bytes: key.publicKey.bytes).id == key.id)
    }
}
