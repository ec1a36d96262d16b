import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage

/// `/v1/admin/accounts`: other people's accounts, for support and admins; `/v1/admin/account-audit`: what they did to them.
struct AdminAccountRoutes: Sendable {
    let store: PaymentsStore
    let names: OwnerNames

    func install(in router: inout Router) {
        router.get("/v1/admin/accounts") { request in try await list(request) }
        router.get("/v1/admin/accounts/{id}") { request in try await get(request) }
        router.post("/v1/admin/accounts/{id}/freeze", bodyLimit: 4_096) { try await act(.freeze, $0) }
        router.post("/v1/admin/accounts/{id}/unfreeze", bodyLimit: 4_096) { try await act(.unfreeze, $0) }
        router.get("/v1/admin/account-audit") { request in try await audit(request) }
    }

    /// `?owner=usr_…`: the accounts of one user, newest first.
    private func list(_ request: Request) async throws -> Response {
        _ = try SupportGuard.admit(request)
        guard let owner = request.query["owner"], !owner.isEmpty else {
            throw Problem(.badRequest, "invalid_query", detail: "owner must be the id of a user.")
        }
        let query = try ListQuery(request, kind: "admin-accounts")
        let found = try await store.accounts(of: owner, before: query.after, limit: query.rows)
        let name = found.isEmpty ? nil : await names.name(of: owner, for: RequestOrigin(request.context))
        return query.page(found, key: \.id) { account, json in
            AdministeredAccount(account: account, ownerName: name).write(to: &json)
        }.unstored
    }

    private func get(_ request: Request) async throws -> Response {
        _ = try SupportGuard.admit(request)
        guard let account = try await store.account(try request.parameters.require("id")) else {
            throw Problem.notFound
        }
        return await answer(account, to: request)
    }

    private func answer(_ account: Account, to request: Request) async -> Response {
        let name = await names.name(of: account.owner, for: RequestOrigin(request.context))
        return Response.json(AdministeredAccount(account: account, ownerName: name).json).unstored
    }

    /// `{reason}`: 200 with the account; 409 `account_closed`, `own_account`.
    private func act(_ act: Account.Act, _ request: Request) async throws -> Response {
        let origin = try SupportGuard.admit(request)
        let id = try request.parameters.require("id")
        let reason = try Reason(json: try await request.jsonBody()).text
        switch try await store.act(act, on: id, by: origin, because: reason) {
        case .changed(let account): return await answer(account, to: request)
        case .refused(let refusal): throw refusal.problem
        case .missing, .conflict: throw Problem.notFound
        }
    }

    /// `?actor=&target=`: newest first, for admins.
    private func audit(_ request: Request) async throws -> Response {
        try SupportGuard.admitAdmin(request)
        return try await store.audit.page(
            ListQuery(request, kind: "account-audit"),
            AuditLog.Filter(actor: request.query["actor"], target: request.query["target"]))
    }
}

/// Why somebody of the staff acts: one line for colleagues.
private struct Reason {
    let text: String

    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        var body = try JSONObjectReader(json)
        text = body.string("reason", length: 1...500)
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            body.fail("reason", "must be one line without control characters")
        }
        try body.finish()
    }
}

/// An account as the staff sees it: with its owner, and what the owner is called.
private struct AdministeredAccount: JSONWritable {
    let account: Account
    let ownerName: String?

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("owner", account.owner)
        json.member("owner_name", ownerName)
        account.writeMembers(to: &json)
        json.endObject()
    }
}
