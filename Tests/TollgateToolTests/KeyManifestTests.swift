import TestSupport
import Testing

@testable import TollgateTool

@Suite struct KeyManifestTests {
    @Test func everyPrivateKeyIsInItsOwnSecret() throws {
        let directory = try TemporaryDirectory()
        try KeyMaterial.createWhereMissing(in: directory.path)
        let text = try KeyManifest(directory: directory.path, namespace: "shop").text()
        let documents = text.split(separator: "\n---\n")
        #expect(documents.count == 7)
        for (document, name) in zip(documents, ["gateway", "user-service", "payments-service"]) {
            #expect(document.contains("kind: Secret\nmetadata:\n  name: \(name)-identity\n  namespace: shop"))
            #expect(document.contains("    -----BEGIN PRIVATE KEY-----\n"))
        }
        let encryption = try directory.read(KeyMaterial.encryptionKey).prefix { $0 != "\n" }
        #expect(documents[3].contains("name: user-service-encryption") && documents[3].contains("    \(encryption)"))
        let callbacks = try directory.read(KeyMaterial.callbackSecret).prefix { $0 != "\n" }
        #expect(documents[4].contains("name: payments-service-callbacks") && documents[4].contains("    \(callbacks)"))
        let last = try #require(documents.last)
        #expect(last.contains("kind: ConfigMap"))
        #expect(!last.contains("PRIVATE"))
    }

    @Test func existingKeysStay() throws {
        let directory = try TemporaryDirectory()
        try KeyMaterial.createWhereMissing(in: directory.path)
        let before = try directory.read("gateway/identity.pem")
        try KeyMaterial.createWhereMissing(in: directory.path)
        #expect(try directory.read("gateway/identity.pem") == before)
    }
}
