import Storage

extension PaymentsStore {
    /// The payments that `user` made or received, newest first, older than `position`.
    func payments(
        of user: String, _ filter: PaymentFilter = PaymentFilter(), after position: ListPosition = .start,
        limit: Int
    ) async throws -> [Payment] {
        let query = PaymentListQuery(user, filter, after: position, limit: limit)
        return try await database.read { reader in
            var found: [Payment] = []
            try reader.query(query.sql, values: query.values) { row in
                found.append(try Payment(row))
                return true
            }
            return found
        }
    }
}

/// The statement of a list. It is put together from parts of ours; what was asked for is bound.
struct PaymentListQuery {
    let sql: SQL
    let values: [SQLValue]

    init(_ user: String, _ filter: PaymentFilter, after position: ListPosition, limit: Int) {
        // The end of the period is the place where the list begins, so that one range of the index has both.
        let period = filter.to.map { ListPosition(createdAt: $0, id: "") } ?? .start
        let first = (period.createdAt, period.id) < (position.createdAt, position.id) ? period : position
        var values: [SQLValue] = [.text(user), .integer(first.createdAt), .text(first.id), SQLValue(limit)]
        var conditions = ""
        func add(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            values.append(value)
            conditions += " AND " + condition.replacing("?", with: "?\(values.count)")
        }
        add("created_at >= ?", filter.from.map { .integer($0) })
        add("(source = ? OR destination = ?)", filter.account.map { .text($0) })
        add("amount >= ?", filter.minimum.map { .integer($0) })
        add("amount <= ?", filter.maximum.map { .integer($0) })
        // A word of ours, and not a value, so that the partial index is found to hold it.
        if let status = filter.status {
            conditions += " AND status = '\(status.rawValue)'"
            if status != .succeeded { conditions += " AND status <> 'succeeded'" }
        }
        sql = SQL(assembled: Self.text(conditions))
        self.values = values
    }

    /// Both halves come in the order of their index, so that the union is a merge which reads as few rows as it may. A
    /// payment between two accounts of one user is in the first half only: the index of the second leaves it out.
    private static func text(_ conditions: String) -> String {
        """
        \(Payment.columns.string) WHERE source_owner = ?1 AND (created_at, id) < (?2, ?3)\(conditions)
        UNION ALL
        \(Payment.columns.string) WHERE destination_owner = ?1 AND source_owner <> destination_owner
            AND (created_at, id) < (?2, ?3)\(conditions)
        ORDER BY created_at DESC, id DESC LIMIT ?4
        """
    }
}
