import Chassis
import JSON
import JWTKit

/// A public key that verifies signatures of one algorithm only: nothing in a token can use it for another one.
struct VerificationKey: Sendable, Equatable {
    /// RSA moduli in bits: shorter ones are broken, longer ones cost more than a signature is worth.
    static let moduli = 2_048...8_192

    let algorithm: TokenAlgorithm
    /// The public numbers: what makes two keys the same.
    let material: [UInt8]
    private let verifier: any JWTAlgorithm

    static func == (one: Self, other: Self) -> Bool {
        one.algorithm == other.algorithm && one.material == other.material
    }

    /// Whether the signature is this key's. Costs some 100 µs.
    func verifies(_ signature: [UInt8], of signed: ArraySlice<UInt8>) -> Bool {
        (try? verifier.verify(signature, signs: signed)) == true
    }

    // MARK: - Reading

    /// Reads a JWK (RFC 7517 section 4); `nil` for one of another type or use, or of which nothing good can come.
    ///
    /// - Parameter algorithms: The algorithms that keys may be for.
    static func read(_ key: JSONValue, algorithms: [TokenAlgorithm]) async -> (id: String, key: VerificationKey)? {
        guard case .string(let id)? = key["kid"], !id.isEmpty, let algorithm = algorithm(of: key),
            algorithms.contains(algorithm), isForVerifying(key),
            key["alg"] == nil || key["alg"]?.string.flatMap(TokenAlgorithm.init(name:)) == algorithm
        else { return nil }
        let read =
            switch algorithm {
            case .es256: await elliptic(key)
            case .rs256: await rsa(key)
            case .edDSA: await edwards(key)
            }
        return read.map { (id, VerificationKey(algorithm: algorithm, material: $0.material, verifier: $0.verifier)) }
    }

    /// The one algorithm that is accepted for a type of key.
    private static func algorithm(of key: JSONValue) -> TokenAlgorithm? {
        switch (key["kty"]?.string, key["crv"]?.string) {
        case ("EC", "P-256"): .es256
        case ("RSA", nil): .rs256
        case ("OKP", "Ed25519"): .edDSA
        default: nil
        }
    }

    private static func isForVerifying(_ key: JSONValue) -> Bool {
        let isForSignatures = key["use"] == nil || key["use"] == .string("sig")
        return isForSignatures && (key["key_ops"] == nil || key["key_ops"]?.array?.contains(.string("verify")) == true)
    }

    private typealias Read = (material: [UInt8], verifier: any JWTAlgorithm)

    private static func elliptic(_ key: JSONValue) async -> Read? {
        guard let x = key["x"]?.string, let y = key["y"]?.string, let xBytes = Base64URL.decode(x),
            let yBytes = Base64URL.decode(y), xBytes.count == 32, yBytes.count == 32,
            let publicKey = try? ES256PublicKey(parameters: (x, y))
        else { return nil }
        return await read(xBytes + yBytes) { await $0.add(ecdsa: publicKey) }
    }

    private static func rsa(_ key: JSONValue) async -> Read? {
        guard let n = key["n"]?.string, let e = key["e"]?.string, let modulus = Base64URL.decode(n),
            let exponent = Base64URL.decode(e), let first = modulus.first, first != 0,
            moduli.contains(modulus.count * 8 - first.leadingZeroBitCount),
            // 3 to 2^32 − 1 and odd: one that is 1 makes everything a signature.
            (1...4).contains(exponent.count), exponent[0] != 0, exponent[exponent.count - 1] & 1 == 1, exponent != [1],
            let publicKey = try? Insecure.RSA.PublicKey(modulus: n, exponent: e)
        else { return nil }
        return await read(modulus + exponent) { await $0.add(rsa: publicKey, digestAlgorithm: .sha256) }
    }

    private static func edwards(_ key: JSONValue) async -> Read? {
        guard let x = key["x"]?.string, let bytes = Base64URL.decode(x), bytes.count == 32,
            let publicKey = try? EdDSA.PublicKey(x: x, curve: .ed25519)
        else { return nil }
        return await read(bytes) { await $0.add(eddsa: publicKey) }
    }

    /// A collection of one key: jwt-kit gives out its verifiers in no other way.
    private static func read(_ material: [UInt8], _ add: (JWTKeyCollection) async -> Void) async -> Read? {
        let collection = JWTKeyCollection()
        await add(collection)
        guard let verifier = try? await collection.getKey() else { return nil }
        return (material, verifier)
    }
}
