/// Numbers the scopes that routes ask for, so that authorisation is one AND.
struct ScopeTable: Sendable {
    private var bits: [String: UInt64] = [:]

    /// The most scopes that a configuration may name.
    static let maximum = 64

    init(_ names: some Sequence<String>) {
        for name in names where bits[name] == nil && bits.count < Self.maximum { bits[name] = 1 << UInt64(bits.count) }
    }

    /// The bits of the known ones among `names`.
    func mask(_ names: some Sequence<String>) -> UInt64 {
        names.reduce(0) { $0 | (bits[$1] ?? 0) }
    }
}
