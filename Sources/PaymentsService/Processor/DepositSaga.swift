import Chassis

/// Drives deposits through the processor until they are final.
///
/// All of its state is in the database: after a crash, whatever was under way is due again and is resumed under the
/// same key.
struct DepositSaga: Sendable {
    let store: PaymentsStore
    let processor: any CardProcessor

    /// One step: ask the processor, then apply what it said.
    ///
    /// - Returns: The deposit as it is now; it may still be processing.
    func step(_ deposit: Deposit) async throws -> Deposit {
        let outcome = await processor.charge(
            Charge(
                key: deposit.processorKey, amount: deposit.amount, currency: deposit.currency,
                source: deposit.source, requestedAt: deposit.createdAt))
        return try await store.advance(deposit, by: outcome)
    }

    /// Takes one step with every deposit that is due, a page at a time.
    ///
    /// - Parameter all: Also those whose time has not come: after a start, when nobody else can be at work on them.
    /// - Returns: How many were due.
    @discardableResult
    func resume(all: Bool = false) async throws -> Int {
        if all { try await store.makeOpenDepositsDue() }
        // A deposit that stays open is due later than this: none is met twice.
        let time = store.clock.now
        var count = 0
        while case let due = try await store.deposits(dueAt: time), !due.isEmpty {
            for deposit in due {
                try Task.checkCancellation()
                _ = try await step(deposit)
            }
            count += due.count
        }
        return count
    }
}
