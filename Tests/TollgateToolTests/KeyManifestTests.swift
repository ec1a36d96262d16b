import Crypto
import TestSupport
import Testing
import Yams

@testable import TollgateTool

@Suite struct KeyManifestTests {
    @Test func everyPrivateKeyIsInItsOwnSecret() throws {
        let text = KeyManifest(namespace: "shop").text()
        let documents = text.split(separator: "\n---\n")
        #expect(documents.count == 7)
        for (document, name) in zip(documents, ["gateway", "user-service", "payments-service"]) {
            #expect(document.contains("kind: Secret\nmetadata:\n  name: \(name)-identity\n  namespace: shop"))
            #expect(document.contains("    -----BEGIN PRIVATE KEY-----\n"))
        }
        #expect(documents[3].contains("name: user-service-encryption"))
        #expect(documents[4].contains("name: payments-service-callbacks"))
        #expect(documents[5].contains("name: admin-token"))
        let last = try #require(documents.last)
        #expect(last.contains("kind: ConfigMap"))
        #expect(!last.contains("PRIVATE"))
    }

    @Test func aPeerIsThePublicHalfOfAnIdentity() throws {
        let objects = try values()
        let identity = try #require(objects["gateway-identity"]?["identity.pem"])
        let peer = try #require(objects["identity-peers"]?["gateway.pem"])
        let key = try P256.Signing.PrivateKey(pemRepresentation: identity)
        let known = try P256.Signing.PublicKey(pemRepresentation: peer)
        #expect(known.rawRepresentation == key.publicKey.rawRepresentation)
    }

    @Test func everySecretIsAnotherOneEachTime() throws {
        let all = try [values(), values()].flatMap { objects in
            try [
                #require(objects["user-service-encryption"]?["encryption.key"]),
                #require(objects["payments-service-callbacks"]?["callback.secret"]),
                #require(objects["admin-token"]?["token"]),
                #require(objects["gateway-identity"]?["identity.pem"]),
                #require(objects["user-service-identity"]?["identity.pem"]),
            ]
        }
        #expect(Set(all).count == all.count)
    }

    @Test func existingKeysStay() throws {
        let directory = try TemporaryDirectory()
        try KeyMaterial.createWhereMissing(in: directory.path)
        let before = try directory.read("gateway/identity.pem")
        try KeyMaterial.createWhereMissing(in: directory.path)
        #expect(try directory.read("gateway/identity.pem") == before)
    }

    /// What each object holds, by its name.
    private func values() throws -> [String: [String: String]] {
        var result: [String: [String: String]] = [:]
        for case let object as [String: Any] in try Yams.load_all(yaml: KeyManifest(namespace: "shop").text()) {
            let name = try #require((object["metadata"] as? [String: Any])?["name"] as? String)
            result[name] = (object["stringData"] ?? object["data"]) as? [String: String]
        }
        return result
    }
}
