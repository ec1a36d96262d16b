@testable import PaymentsService

extension LedgerModel {
    /// What an owner does to an account of theirs.
    mutating func act(_ act: Account.Act, on id: String) -> Bool { change(id, by: .owner, act) }

    /// What somebody of the staff does, who leaves a line unless nothing was to be done.
    mutating func act(_ act: Account.Act, on id: String, by actor: String) -> Bool {
        let before = accounts[id]!
        let isDone = actor != before.owner && change(id, by: .support, act)
        let after = accounts[id]!
        if !isDone || after.status != before.status || after.frozenBy != before.frozenBy { lines += 1 }
        return isDone
    }

    private mutating func change(_ id: String, by keeper: Account.Keeper, _ act: Account.Act) -> Bool {
        let account = accounts[id]!
        let isInHands = account.frozenBy != .support || keeper == .support
        switch (act, account.status) {
        case (.close, .closed): return true
        case (_, .closed): return false
        case (.freeze, _):
            accounts[id]!.status = .frozen
            // Support's hand is the stronger one.
            accounts[id]!.frozenBy = account.frozenBy == .support ? .support : keeper
        case (.unfreeze, _):
            guard isInHands else { return false }
            (accounts[id]!.status, accounts[id]!.frozenBy) = (.open, nil)
        case (.close, _):
            guard isInHands, account.isEmpty else { return false }
            (accounts[id]!.status, accounts[id]!.frozenBy) = (.closed, nil)
        }
        return true
    }
}
