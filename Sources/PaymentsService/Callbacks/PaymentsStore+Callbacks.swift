import Storage

/// What became of a callback.
enum CallbackResult: String, Sendable, CaseIterable {
    /// It ended the operation.
    case applied
    /// It told what was known, or nothing final.
    case repeated
    /// The operation has ended the other way. It stays so; reconciliation shows it too.
    case contradicted
    /// There is no such operation.
    case unknown
    /// The amount or the currency is not the operation's.
    case mismatched
    /// The signature is missing, wrong or old.
    case unsigned
}

extension PaymentsStore {
    /// Applies a callback whose signature is right. It may come late, twice, out of order, and while the saga asks.
    func apply(_ callback: ProcessorCallback) async throws -> CallbackResult {
        let stored = try await database.lookup { reader in try reader.operation(callback.operation) }
        guard let stored, stored.order.key == callback.key else { return .unknown }
        guard stored.amount == callback.amount, stored.currency == callback.currency else { return .mismatched }
        // Nothing final is no news, and no reason to ask later than planned.
        guard callback.status != .pending else { return .repeated }
        let after = stored.status == .processing ? try await advance(stored, by: callback.outcome) : stored
        guard after.status == (callback.status == .succeeded ? .succeeded : .failed) else { return .contradicted }
        return stored.status == .processing ? .applied : .repeated
    }
}
