/// Numbers the scopes, or the roles, that routes ask for, so that authorisation is one AND.
struct NameTable: Sendable {
    private var bits: [String: UInt64] = [:]

    /// The most names that a configuration may mention; a longer one is refused when it is read.
    static let maximum = 64

    init(_ names: some Sequence<String>) {
        for name in names where bits[name] == nil {
            precondition(bits.count < Self.maximum, "a name without a bit would be asked of nobody")
            bits[name] = 1 << UInt64(bits.count)
        }
    }

    /// The bits of the known ones among `names`.
    func mask(_ names: some Sequence<String>) -> UInt64 {
        names.reduce(0) { $0 | (bits[$1] ?? 0) }
    }
}
