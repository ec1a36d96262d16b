/// The signatures that tokens may have (RFC 7518 section 3.1, RFC 8037 section 3.1).
enum TokenAlgorithm: String, Sendable, CaseIterable {
    /// ECDSA with P-256 and SHA-256.
    case es256 = "ES256"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// Ed25519.
    case edDSA = "EdDSA"

    /// The algorithm of a header's or a key's `alg`; Ed25519 has had a name of its own since RFC 9864.
    init?(name: String) {
        self.init(rawValue: name == "Ed25519" ? "EdDSA" : name)
    }

    /// How long a signature may be in bytes.
    var signatureLengths: ClosedRange<Int> {
        switch self {
        case .es256, .edDSA: 64...64
        case .rs256: VerificationKey.moduli.lowerBound / 8...VerificationKey.moduli.upperBound / 8
        }
    }
}
