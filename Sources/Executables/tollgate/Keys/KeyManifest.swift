import Foundation

/// The keys of a folder as Kubernetes objects: a Secret for each private key, for the encryption key, for the secret
/// of callbacks and for the admin token, a ConfigMap of the public keys.
struct KeyManifest {
    let directory: String
    let namespace: String

    /// The objects as one YAML stream.
    ///
    /// - Throws: ``Failure`` when a key cannot be read.
    func text() throws -> String {
        var documents = try KeyMaterial.services.map { service in
            object("Secret", "\(service)-identity", ["identity.pem": try read("\(service)/identity.pem")])
        }
        documents.append(
            object("Secret", "user-service-encryption", ["encryption.key": try read(KeyMaterial.encryptionKey)]))
        documents.append(
            object("Secret", "payments-service-callbacks", ["callback.secret": try read(KeyMaterial.callbackSecret)]))
        documents.append(object("Secret", "admin-token", ["token": try read("admin/token")]))
        let peers = try KeyMaterial.services.map { ("\($0).pem", try read("peers/\($0).pem")) }
        documents.append(object("ConfigMap", "identity-peers", Dictionary(uniqueKeysWithValues: peers)))
        return documents.joined(separator: "---\n")
    }

    private func object(_ kind: String, _ name: String, _ values: [String: String]) -> String {
        let data = values.sorted { $0.key < $1.key }.map { "  \($0.key): |\n\(indented($0.value))" }
        return """
            apiVersion: v1
            kind: \(kind)
            metadata:
              name: \(name)
              namespace: \(namespace)
            \(kind == "Secret" ? "type: Opaque\nstringData" : "data"):
            \(data.joined(separator: "\n"))

            """
    }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    }

    private func read(_ name: String) throws -> String {
        guard let text = try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8) else {
            throw Failure("cannot read \(directory)/\(name)")
        }
        return text
    }
}
