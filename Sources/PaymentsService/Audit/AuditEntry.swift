import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets

/// One line of the audit log: who of the staff did what to which account, from where, and what it changed.
struct AuditEntry: Sendable, Equatable {
    /// What was done or attempted.
    enum Action: String, Sendable, CaseIterable {
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
        static func listing(_ kind: ProcessorOperation.Kind) -> Action {
            switch kind {
            case .deposit: .listDeposits
            case .withdrawal: .listWithdrawals
            }
        }

        /// Looking at one of them.
        static func reading(_ kind: ProcessorOperation.Kind) -> Action {
            switch kind {
            case .deposit: .readDeposit
            case .withdrawal: .readWithdrawal
            }
        }
    }

    enum Outcome: Sendable, Equatable {
        case done
        /// With the code of the answer.
        case refused(code: String)
    }

    let action: Action
    var outcome = Outcome.done
    /// `acct_…`; of a look also `dep_…`, `wdr_…`, or `usr_…` for a list.
    let target: String
    /// JSON objects; nil where nothing changed.
    var before: String?
    var after: String?
}

/// Who acts, and from where.
struct AuditOrigin: Sendable, Equatable {
    /// A user, `usr_…`.
    let actor: String
    /// The client's IP address, as the gateway says it.
    let address: String?
    /// What the answer and the access line carry, too.
    let requestID: String

    /// A user, and the first entry of `X-Forwarded-For`, which the gateway writes anew.
    init(actor: String, of request: Request) {
        let chain = HTTPField.Name("X-Forwarded-For").flatMap { request.field($0) }
        let first = chain.map { String($0.prefix { $0 != "," && $0 != " " }) }
        self.init(
            actor: actor, address: first.flatMap { SocketAddress(ip: $0, port: 0)?.ip },
            requestID: request.context.id)
    }

    init(actor: String, address: String?, requestID: String) {
        self.actor = actor
        self.address = address
        self.requestID = requestID
    }
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
