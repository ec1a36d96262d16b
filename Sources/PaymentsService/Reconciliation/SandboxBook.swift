import Storage

/// The processor's side: the sandbox's own database.
struct SandboxBook: SettlementBook {
    let database: any ReadableDatabase
    /// Milliseconds since 1970; asked for each page.
    let now: @Sendable () -> Int64

    func settlements(after key: String?, limit: Int) async throws -> [Settlement] {
        let now = now()
        return try await database.read { reader in
            try reader.all(
                SandboxOrder.columns + " WHERE key > ? ORDER BY key LIMIT ?", .text(key ?? ""), SQLValue(limit)
            ) { Settlement(try SandboxOrder($0), at: now) }
        }
    }

    func settlement(_ key: String) async throws -> Settlement? {
        let now = now()
        return try await database.read { reader in
            try reader.first(SandboxOrder.columns + " WHERE key = ?", .text(key)) {
                Settlement(try SandboxOrder($0), at: now)
            }
        }
    }
}

extension Settlement {
    init(_ sandbox: SandboxOrder, at now: Int64) {
        let state: State =
            switch sandbox.outcome(at: now) {
            case .succeeded: .succeeded
            case .declined: .declined
            case .pending, .unknown: .pending
            }
        let order = sandbox.order
        self.init(
            key: order.key, kind: Kind(order.kind), amount: order.amount, currency: order.currency, state: state,
            createdAt: sandbox.createdAt)
    }
}
