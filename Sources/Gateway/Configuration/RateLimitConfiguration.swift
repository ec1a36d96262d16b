/// A named request rate.
struct RateLimitConfiguration: Sendable, Equatable {
    enum Key: String, Sendable, CaseIterable {
        case address
        case user
    }

    var name: String
    var key: Key
    /// Requests per window; also how many may come at once.
    var quota: Int
    var window: UInt64
    /// Whether it applies to every route that lists no limits of its own.
    var isDefault = false
}

extension RateLimitConfiguration {
    init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        // The name goes into a structured field (RFC 9651 string) as it is.
        if !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            value.fail("the name must be printable ASCII without spaces and quotes")
        }
        self.init(
            name: name, key: reader.choice("key", default: .address),
            quota: reader.integer("quota", in: 1...1_000_000_000),
            window: reader.duration("window", in: 1_000...86_400_000),
            isDefault: reader.flag("default", default: false))
        reader.finish()
    }
}
