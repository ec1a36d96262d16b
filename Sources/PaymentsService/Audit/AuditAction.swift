import JSON
import ServiceStorage

/// What the staff does to accounts of others and is written down, or was attempted.
enum AuditAction: String, Sendable, CaseIterable {
    case freeze = "account.freeze"
    case unfreeze = "account.unfreeze"
    case close = "account.close"
    case listDeposits = "deposit.list"
    case readDeposit = "deposit.read"
    case listWithdrawals = "withdrawal.list"
    case readWithdrawal = "withdrawal.read"

    init(_ act: Account.Act) {
        switch act {
        case .freeze: self = .freeze
        case .unfreeze: self = .unfreeze
        case .close: self = .close
        }
    }

    /// Looking at somebody's deposits or withdrawals.
    static func listing(_ kind: ProcessorOperation.Kind) -> AuditAction {
        switch kind {
        case .deposit: .listDeposits
        case .withdrawal: .listWithdrawals
        }
    }

    /// Looking at one of them.
    static func reading(_ kind: ProcessorOperation.Kind) -> AuditAction {
        switch kind {
        case .deposit: .readDeposit
        case .withdrawal: .readWithdrawal
        }
    }
}

/// A line about an account, `acct_…`; of a look also about `dep_…`, `wdr_…`, or `usr_…` for a list.
typealias AuditEntry = ServiceStorage.AuditEntry<AuditAction>

extension PaymentsStore {
    /// What the staff did to accounts of others.
    var audit: AuditLog { AuditLog(database: database, clock: clock, identifiers: identifiers) }
}

extension Account {
    /// `{status, frozen_by}`: what the audit log says about before and after.
    var auditText: String { auditText(reason: nil) }

    /// The same, and why.
    func auditText(reason: String?) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("status", status.rawValue)
        json.member("frozen_by", frozenBy?.rawValue)
        if let reason { json.member("reason", reason) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
