import JSON

/// What a payer keeps with a payment, for programs of their own: up to 50 strings by name.
struct Metadata: Sendable, Hashable {
    static let count = 0...50
    /// Unicode scalars.
    static let nameLength = 1...40
    /// Unicode scalars.
    static let valueLength = 0...500

    /// The pairs as one JSON object.
    let text: String

    /// Pairs that keep to the limits above, in the order in which they were written; nil when there are none.
    init?(_ pairs: [(name: String, value: String)]) {
        guard !pairs.isEmpty else { return nil }
        var json = JSONWriter()
        json.beginObject()
        for pair in pairs { json.member(pair.name, pair.value) }
        json.endObject()
        text = String(decoding: json.bytes, as: UTF8.self)
    }

    /// Pairs as they were stored.
    init(stored text: String) { self.text = text }
}
