import Storage

/// An order as the sandbox has written it down.
struct SandboxOrder: Sendable, Hashable {
    let order: ProcessorOrder
    /// Why it is refused; nil when it succeeds.
    let reason: String?
    /// From when on it is final, milliseconds since 1970.
    let finalAt: Int64
    /// Milliseconds since 1970.
    let createdAt: Int64

    /// How far it has come at a time.
    func outcome(at time: Int64) -> ProcessorOutcome {
        guard time >= finalAt else { return .pending }
        return reason.map { .declined(reason: $0) } ?? .succeeded
    }
}

extension SandboxOrder {
    /// What ``init(_:)`` reads.
    static let columns: SQL = """
        SELECT key, kind, amount, currency, instrument, reason, final_at, created_at FROM orders
        """

    init(_ row: Row) throws {
        let kind = try row.string(1)
        guard let kind = ProcessorOrder.Kind(rawValue: kind) else { throw UnknownStatus(text: kind) }
        order = ProcessorOrder(
            key: try row.string(0), kind: kind, amount: try row.int64(2), currency: try row.string(3),
            instrument: try row.string(4))
        reason = try row.optionalString(5)
        finalAt = try row.int64(6)
        createdAt = try row.int64(7)
    }
}
