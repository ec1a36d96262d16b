import JSON

/// A set of verification keys, as last published by the issuer.
struct KeySet: Sendable, Equatable {
    /// The most keys that a set may have.
    static let maximumKeys = 32
    /// The longest key set in bytes.
    static let maximumLength = 64 << 10

    /// The keys by id.
    let keys: [String: VerificationKey]

    struct Unusable: Error, Equatable { var reason: String }

    /// Reads a JWK Set (RFC 7517 section 5). Keys of other types and uses are passed over.
    ///
    /// - Parameter algorithms: The algorithms that the issuer may use.
    /// - Throws: ``Unusable`` for junk, for two keys of one id, and when no usable key is left.
    init(parsing bytes: [UInt8], algorithms: [TokenAlgorithm]) async throws(Unusable) {
        guard bytes.count <= Self.maximumLength else { throw Unusable(reason: "longer than \(Self.maximumLength)") }
        guard let document = try? JSONValue(parsing: bytes), case .array(let list)? = document["keys"] else {
            throw Unusable(reason: "not a JWK Set")
        }
        guard list.count <= Self.maximumKeys else { throw Unusable(reason: "more than \(Self.maximumKeys) keys") }
        var keys: [String: VerificationKey] = [:]
        for entry in list {
            guard let (id, key) = await VerificationKey.read(entry, algorithms: algorithms) else { continue }
            guard keys.updateValue(key, forKey: id) == nil else { throw Unusable(reason: "two keys of one id") }
        }
        guard !keys.isEmpty else {
            throw Unusable(reason: "no key for \(algorithms.map(\.rawValue).joined(separator: ", "))")
        }
        self.keys = keys
    }
}
