import ServiceStorage
import TestSupport
import Testing

@testable import PaymentsService

extension RandomHistory {
    /// Beyond these a history meets nothing new, only more.
    private static let mostAccounts = 60

    mutating func open(_ owner: String, _ currency: String) async throws {
        guard model.accounts.count < Self.mostAccounts else { return }
        let id = try await bank.account(of: owner, currency)
        model.accounts[id] = LedgerModel.AccountState(owner: owner, currency: currency)
    }

    mutating func act() async throws {
        let account = pick(model.accounts.keys.sorted())
        let act = pick([Account.Act.freeze, .unfreeze, .unfreeze, .unfreeze, .close])
        let owner = model.accounts[account]!.owner
        let expected = model.act(act, on: account)
        let request = request(owner)
        let outcome = try await bank.store.act(act, on: account, of: owner, once: request)
        #expect((outcome.status == 200) == expected, "step \(step): \(act) \(account): \(outcome)")
        keep(outcome, of: request, as: act.rawValue) { try await $0.act(act, on: account, of: owner, once: $1) }
        note(act.rawValue, expected)
    }

    /// Somebody of the staff, who may have accounts of their own.
    mutating func actBySupport() async throws {
        let account = pick(model.accounts.keys.sorted())
        let act = pick([Account.Act.freeze, .unfreeze, .unfreeze])
        let actor = pick(["eve", "sue"])
        let expected = model.act(act, on: account, by: actor)
        let origin = AuditOrigin(actor: actor, address: nil, requestID: "r\(step)")
        let outcome = try await bank.store.act(act, on: account, by: origin, because: "step \(step)")
        let isDone = if case .changed = outcome { true } else { false }
        #expect(isDone == expected, "step \(step): \(act) \(account) by \(actor): \(outcome)")
        note("\(act.rawValue) by support", expected)
    }
}
