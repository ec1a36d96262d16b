import Chassis
import HTTP
import JSON

/// Everything that is held about one user, as one JSON object: `{accounts, entries, deposits, withdrawals,
/// payments, refunds, webhook_endpoints}`.
///
/// Lists are read a page at a time, each page at the state of its moment: what happens during the export may be in it or
/// not, and what happened before is.
struct UserExport: Sendable {
    let store: PaymentsStore
    let user: String
    /// How many rows are read at a time: some 100 KiB.
    var pageSize = 500

    func write(to body: BodyWriter) async throws {
        var document = DocumentStream(body)
        try await document.list("accounts") { (last: Account?) in
            try await store.accounts(of: user, before: last?.id, limit: pageSize)
        } write: {
            $0.write(to: &$1)
        }
        try await document.list("entries") { (last: ExportedEntry?) in
            try await store.entries(of: user, after: last, limit: pageSize)
        } write: {
            $0.write(to: &$1)
        }
        for kind in ProcessorOperation.Kind.allCases {
            try await document.list("\(kind.rawValue)s") { (last: ProcessorOperation?) in
                try await store.operations(kind, of: user, before: last?.id, limit: pageSize)
            } write: {
                $0.write(to: &$1)
            }
        }
        try await document.list("payments") { (last: Payment?) in
            try await store.payments(of: user, after: last.map(ListPosition.init) ?? .start, limit: pageSize)
        } write: {
            $0.write(to: &$1)
        }
        try await document.list("refunds") { (last: Refund?) in
            try await store.refunds(of: user, after: last.map(ListPosition.init) ?? .start, limit: pageSize)
        } write: {
            $0.write(to: &$1)
        }
        try await document.list("webhook_endpoints") { (last: WebhookEndpoint?) in
            try await store.webhookEndpoints(of: user, before: last?.id, limit: pageSize)
        } write: {
            $0.write(to: &$1)
        }
        try await document.end()
    }
}

/// An entry with the account that it belongs to.
struct ExportedEntry: Sendable, Hashable {
    let account: String
    let entry: Entry
}

extension ExportedEntry: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("account", account)
        json.member("sequence", entry.sequence)
        json.member("transfer", entry.transfer)
        json.member("amount", entry.amount)
        json.member("balance", entry.balance)
        json.member("created_at", RFC3339.string(entry.createdAt))
        json.endObject()
    }
}
