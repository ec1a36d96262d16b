import TestSupport
import Testing

@testable import PaymentsService

extension RandomHistory {
    mutating func start(_ kind: ProcessorOperation.Kind) async throws {
        let account = pick(model.accounts.keys.sorted())
        let owner = mostly(model.accounts[account]!.owner, Self.owners)
        let amount = Int64.random(in: 1...(kind == .deposit ? 1_000 : 300), using: &generator)
        let operation = LedgerModel.OperationState(kind: kind, account: account, amount: amount)
        let expected = model.start(operation, by: owner)
        let order = OperationOrder(kind: kind, account: account, amount: amount, instrument: "any")
        let request = request(owner)
        switch try await bank.store.start(order, for: request) {
        case .started(let started):
            #expect(expected, "step \(step): \(order) by \(owner)")
            model.operations[started.id] = operation
            running.append(started)
            keep(operation: started.id, of: request, as: kind.rawValue) { try await $0.outcome(of: order, for: $1) }
        case .ended(let outcome):
            #expect(!expected, "step \(step): \(order) by \(owner): \(outcome)")
            keep(outcome, of: request, as: kind.rawValue) { try await $0.outcome(of: order, for: $1) }
        }
        note(kind.rawValue, expected)
    }

    /// The processor tells of an operation: perhaps nothing final, perhaps twice.
    mutating func advance() async throws {
        guard !running.isEmpty else { return }
        let index = Int.random(in: 0..<running.count, using: &generator)
        let operation = running[index]
        let outcome = pick([ProcessorOutcome.succeeded, .succeeded, .declined(reason: "no"), .pending, .unknown])
        for _ in 0..<(generator.chance(0.2) ? 2 : 1) {
            let advanced = try await bank.store.advance(operation, by: outcome)
            model.advance(operation.id, by: outcome)
            #expect(advanced.status == model.operations[operation.id]?.status, "step \(step): \(operation.id)")
        }
        // One in ten is told of again when it has ended.
        if model.operations[operation.id]?.status != .processing, generator.chance(0.9) { running.remove(at: index) }
        note("processor", outcome == .succeeded)
    }
}

extension PaymentsStore {
    /// What a retry of an order comes to.
    fileprivate func outcome(of order: OperationOrder, for request: KeyedRequest) async throws -> KeyedOutcome {
        let start = try await start(order, for: request)
        guard case .ended(let outcome) = start else { throw Unexpected(start) }
        return outcome
    }
}
