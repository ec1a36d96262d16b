@testable import PaymentsService

extension LedgerModel {
    mutating func start(_ operation: OperationState, by owner: String) -> Bool {
        guard let account = accounts[operation.account], account.owner == owner else { return false }
        switch operation.kind {
        case .deposit:
            guard account.status != .closed else { return false }
            accounts[operation.account]!.incoming += operation.amount
        case .withdrawal:
            guard account.status == .open, account.available >= operation.amount else { return false }
            accounts[operation.account]!.reserved += operation.amount
        }
        return true
    }

    mutating func advance(_ id: String, by outcome: ProcessorOutcome) {
        let operation = operations[id]!
        guard operation.status == .processing else { return }
        let hasMoved = outcome == .succeeded
        let status: Int
        switch outcome {
        case .pending, .unknown: status = 202
        case .succeeded: status = 201
        case .declined: status = operation.kind == .deposit ? 402 : 422
        }
        operations[id]!.answer = operation.answer ?? status
        guard status != 202 else { return }
        operations[id]!.status = hasMoved ? .succeeded : .failed
        told += 1
        switch operation.kind {
        case .deposit:
            accounts[operation.account]!.incoming -= operation.amount
            if hasMoved { accounts[operation.account]!.posted += operation.amount }
        case .withdrawal:
            accounts[operation.account]!.reserved -= operation.amount
            if hasMoved { accounts[operation.account]!.posted -= operation.amount }
        }
    }
}
