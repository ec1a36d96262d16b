import Storage

/// Our side: what the ledger's transfers say about each deposit and withdrawal.
struct LedgerBook: SettlementBook {
    let database: any ReadableDatabase

    func settlements(after key: String?, limit: Int) async throws -> [Settlement] {
        // Keys are ids with a step behind them: both have the same order.
        let id = key.map(Self.operation) ?? ""
        return try await database.read { reader in
            try reader.all(
                Self.columns + " WHERE operations.id > ? ORDER BY operations.id LIMIT ?", .text(id), SQLValue(limit),
                map: Settlement.init(ledger:))
        }
    }

    func settlement(_ key: String) async throws -> Settlement? {
        let id = Self.operation(key)
        let found = try await database.read { reader in
            try reader.first(Self.columns + " WHERE operations.id = ?", .text(id), map: Settlement.init(ledger:))
        }
        return found?.key == key ? found : nil
    }

    private static func operation(_ key: String) -> String { String(key.prefix { $0 != ":" }) }

    /// The pending transfer says how much, its end says whether the money has moved: not what the operation believes.
    private static let columns: SQL = """
        SELECT operations.id, operations.kind,
            CASE ended.kind WHEN 'post' THEN ended.amount ELSE begun.amount END, begun.currency, ended.kind,
            operations.created_at
        FROM processor_operations AS operations
        JOIN transfers AS begun ON begun.id = operations.transfer
        LEFT JOIN transfers AS ended ON ended.pending_transfer = operations.transfer
        """
}

extension Settlement {
    fileprivate init(ledger row: Row) throws {
        let (id, kind, end) = (try row.string(0), try row.string(1), try row.optionalString(4))
        guard let kind = ProcessorOperation.Kind(rawValue: kind) else { throw UnknownStatus(text: kind) }
        let step = kind.step
        self.init(
            key: "\(id):\(step.rawValue)", kind: Kind(step), amount: try row.int64(2), currency: try row.string(3),
            state: end == nil ? .pending : end == "post" ? .succeeded : .declined, createdAt: try row.int64(5))
    }
}

extension Settlement.Kind {
    init(_ kind: ProcessorOrder.Kind) {
        switch kind {
        case .charge: self = .charge
        case .payout: self = .payout
        }
    }
}
