import Chassis
import JSON
import JWTKit

/// A set of verification keys, as last published by the issuer.
struct KeySet: Sendable {
    /// The most keys that a set may have.
    static let maximumKeys = 32

    /// The public keys (x and y) by key id.
    let points: [String: [UInt8]]
    private let collection: JWTKeyCollection

    struct Unusable: Error, Equatable { var reason: String }

    /// Reads a JWK Set (RFC 7517). Keys of other types and uses are passed over.
    ///
    /// - Throws: ``Unusable`` for junk, for two keys of one id, and when no usable key is left.
    init(parsing bytes: [UInt8]) async throws(Unusable) {
        guard let document = try? JSONValue(parsing: bytes), case .array(let keys)? = document["keys"] else {
            throw Unusable(reason: "not a JWK Set")
        }
        guard keys.count <= Self.maximumKeys else { throw Unusable(reason: "more than \(Self.maximumKeys) keys") }
        let collection = JWTKeyCollection()
        var points: [String: [UInt8]] = [:]
        for key in keys {
            guard let (id, point, publicKey) = Self.read(key) else { continue }
            guard points.updateValue(point, forKey: id) == nil else { throw Unusable(reason: "two keys of one id") }
            await collection.add(ecdsa: publicKey, kid: JWKIdentifier(string: id))
        }
        guard !points.isEmpty else { throw Unusable(reason: "no ES256 key") }
        self.points = points
        self.collection = collection
    }

    private static func read(_ key: JSONValue) -> (id: String, point: [UInt8], key: ES256PublicKey)? {
        guard key["kty"] == .string("EC"), key["crv"] == .string("P-256"),
            key["use"] == nil || key["use"] == .string("sig"), key["alg"] == nil || key["alg"] == .string("ES256"),
            case .string(let id)? = key["kid"], !id.isEmpty,
            case .string(let x)? = key["x"], case .string(let y)? = key["y"],
            let xBytes = Base64URL.decode(x), let yBytes = Base64URL.decode(y),
            xBytes.count == 32, yBytes.count == 32,
            let publicKey = try? ES256PublicKey(parameters: (x, y))
        else { return nil }
        return (id, xBytes + yBytes, publicKey)
    }

    /// Whether the signature is that of the key the token names. Costs some 200 µs.
    func verifies(_ token: [UInt8]) async -> Bool {
        (try? await collection.verify(token, as: SignatureOnly.self)) != nil
    }
}

/// The claims are checked by ``TokenProfile``, more strictly than by a `Codable`.
private struct SignatureOnly: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
