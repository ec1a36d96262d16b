import JSON

/// The keys of this issuer: all are published, the newest one signs.
struct SigningKeySet: Sendable {
    /// The key that signs.
    let active: SigningKey
    /// `{"keys": […]}` (RFC 7517 §5), public members only.
    let document: [UInt8]

    /// - Parameter keys: Oldest first.
    /// - Returns: nil when there is none.
    init?(_ keys: [SigningKey]) {
        guard let newest = keys.last else { return nil }
        active = newest
        document = Self.document(keys)
    }

    private static func document(_ keys: [SigningKey]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("keys")
        writer.beginArray()
        for key in keys {
            writer.beginObject()
            key.writePublicMembers(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
