import Storage

/// A payment with what its row says beside it.
struct PaymentRecord: Sendable, Hashable {
    let payment: Payment
    /// The users on both sides.
    let payer: String
    let payee: String
    /// The transfer that moved its money, or the pending one that reserves it.
    let transfer: String
}

extension Reader {
    /// The payment, when `user` is one of its two sides.
    func payment(_ id: String, of user: String) throws -> PaymentRecord? {
        try first(PaymentRecord.ofSide, .text(id), .text(user), map: PaymentRecord.init)
    }
}

extension PaymentRecord {
    /// What ``init(_:)`` reads.
    static let columns: SQL = """
        SELECT id, status, source, destination, amount, currency, description, created_at, capture, captured, expires_at,
            ended_at, fee, metadata, refunded, source_owner, destination_owner, transfer
        FROM payments
        """

    fileprivate static let ofSide = columns + " WHERE id = ?1 AND (source_owner = ?2 OR destination_owner = ?2)"

    init(_ row: Row) throws {
        self.init(
            payment: try Payment(row), payer: try row.string(15), payee: try row.string(16),
            transfer: try row.string(17))
    }
}

extension Payment {
    /// What ``init(_:)`` reads: the first columns of a record.
    static let columns: SQL = """
        SELECT id, status, source, destination, amount, currency, description, created_at, capture, captured, expires_at,
            ended_at, fee, metadata, refunded
        FROM payments
        """

    init(_ row: Row) throws {
        let (status, capture) = (try row.string(1), try row.string(8))
        guard let status = Status(rawValue: status) else { throw UnknownStatus(text: status) }
        guard let capture = Capture(rawValue: capture) else { throw UnknownStatus(text: capture) }
        self.init(
            id: try row.string(0), status: status, capture: capture, source: try row.string(2),
            destination: try row.string(3), amount: try row.int64(4), captured: try row.int64(9),
            refunded: try row.int64(14), fee: try row.int64(12), currency: try row.string(5),
            description: try row.optionalString(6),
            metadata: try row.optionalString(13).map(Metadata.init(stored:)), createdAt: try row.int64(7),
            expiresAt: try row.optionalInt64(10), endedAt: try row.optionalInt64(11))
    }
}

/// A row holds a status that this program does not know.
struct UnknownStatus: Error, Sendable {
    let text: String
}
