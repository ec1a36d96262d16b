import Chassis

/// Fresh keys as Kubernetes objects: a Secret for each private key, for the encryption key, for the secret of callbacks
/// and for the admin token, a ConfigMap of the public keys. They are made in memory: the image has no folder to write to.
struct KeyManifest {
    let namespace: String

    /// The objects as one YAML stream, with other keys at each call.
    func text() -> String {
        let pairs = KeyMaterial.services.map { (service: $0, keys: IdentityKeyPair()) }
        var documents = pairs.map { object("Secret", "\($0.service)-identity", ["identity.pem": $0.keys.privateText]) }
        documents += [
            object("Secret", "user-service-encryption", ["encryption.key": AdminToken.fresh()]),
            object("Secret", "payments-service-callbacks", ["callback.secret": AdminToken.fresh()]),
            object("Secret", "admin-token", ["token": AdminToken.fresh()]),
        ]
        let peers = pairs.map { ("\($0.service).pem", $0.keys.publicText) }
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
}
