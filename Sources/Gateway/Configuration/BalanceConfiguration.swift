/// Which of an upstream's addresses a request goes to.
struct BalanceConfiguration: Sendable, Equatable {
    enum Policy: String, Sendable, CaseIterable {
        /// The one of two random addresses with fewer requests in flight.
        case leastRequest = "least_request"
        case roundRobin = "round_robin"
        /// Always the same address for the same key, as long as it is there.
        case hash
    }

    /// What `hash` is taken of. A request without it is keyed by its client's address.
    enum Key: Sendable, Equatable {
        case address
        case user
        case header(String)
        case cookie(String)
    }

    var policy = Policy.leastRequest
    var key = Key.address
    /// How long the share of an address that newly appears or returns grows until it is a full one; 0 for none.
    var slowStart: UInt64 = 0
}

extension BalanceConfiguration {
    /// Reads `balance`, `hash` and `slow_start` of an upstream.
    init(reading reader: inout MappingReader) {
        self.init()
        policy = reader.choice("balance", default: policy)
        slowStart = reader.duration("slow_start", in: 0...3_600_000, default: 0)
        guard let value = reader.optional("hash") else { return }
        if policy != .hash { value.fail("is used with balance: hash only") }
        if let key = Self.key(value) { self.key = key }
    }

    private static func key(_ value: DocumentValue) -> Key? {
        enum Word: String, CaseIterable {
            case address
            case user
        }
        guard var reader = value.mapping() else { return nil }
        defer { reader.finish() }
        let by: Word = reader.choice("by", default: .address)
        let header = reader.optional("header").flatMap(token)
        let cookie = reader.optional("cookie").flatMap(token)
        if header != nil, cookie != nil { value.fail("has either \"header\" or \"cookie\"") }
        return header.map { .header($0.lowercased()) } ?? cookie.map { .cookie($0) } ?? (by == .user ? .user : .address)
    }

    /// The name of a field or of a cookie (RFC 9110 section 5.6.2).
    private static func token(_ value: DocumentValue) -> String? {
        guard let text = value.text() else { return nil }
        let isToken = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }
        if !isToken { value.fail("must be the name of a field or cookie, not \"\(text)\"") }
        return isToken ? text : nil
    }
}
