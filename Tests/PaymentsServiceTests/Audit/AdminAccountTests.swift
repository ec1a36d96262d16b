import Chassis
import HTTPTypes
import JSON
import ServiceStorage
import Storage
import Testing

@testable import PaymentsService

/// What the staff may do to accounts of others, and the lines that it leaves.
@Suite struct AdminAccountTests {
    private static let because = #"{"reason":"asked for by phone"}"#

    private func act(
        _ service: ServiceFixture, _ path: String, as user: String? = "sue", session: String? = "s",
        roles: String = "support", body: String = because
    ) async throws -> Answer {
        try await service.send(
            .post, "/v1/admin/accounts/\(path)", as: user, scopes: "", session: session, roles: roles, body: body,
            fields: [.init("X-Forwarded-For")!: "203.0.113.9, 10.0.0.1"])
    }

    @Test("What support froze its owner neither unfreezes nor closes; each act is one line")
    func freezing() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        for _ in 0..<2 {
            let frozen = try await act(service, "\(ann)/freeze")
            #expect(frozen.status == 200)
            #expect(try frozen.json["owner"]?.string == "ann")
            #expect(try frozen.json["frozen_by"]?.string == "support")
        }
        for path in ["unfreeze", "close"] {
            let refused = try await service.send(.post, "/v1/accounts/\(ann)/\(path)")
            #expect((refused.status, refused.code) == (409, "account_frozen"))
        }
        #expect(try await act(service, "\(ann)/unfreeze", roles: "admin").json["status"]?.string == "open")

        let lines = try await service.bank.store.audit.lines(limit: 10)
        #expect(lines.map(\.action) == ["account.unfreeze", "account.freeze"], "the second freezing changed nothing")
        let first = try #require(lines.last)
        #expect((first.origin.actor, first.origin.address, first.target) == ("sue", "203.0.113.9", ann))
        #expect(first.outcome == "done" && first.code == nil)
        #expect(first.before == #"{"status":"open","frozen_by":null}"#)
        #expect(first.after == #"{"status":"frozen","frozen_by":"support","reason":"asked for by phone"}"#)
    }

    @Test("The owner's name is shown while user-service tells it, and all else without it")
    func ownerNames() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        func look(at target: String) async throws -> Answer {
            try await service.send(.get, target, as: "sue", scopes: "", session: "s", roles: "support")
        }
        #expect(try await look(at: "/v1/admin/accounts/\(ann)").json["owner_name"]?.string == "Ann")
        #expect(try await act(service, "\(ann)/freeze").json["owner_name"]?.string == "Ann")
        #expect(try await act(service, "\(ann)/unfreeze").json["owner_name"]?.string == "Ann")
        #expect(try await look(at: "/v1/admin/accounts?owner=ann").json["data"]?[0]?["owner_name"]?.string == "Ann")
        #expect(try await look(at: "/v1/admin/deposits?owner=ann").json["data"]?[0]?["owner_name"]?.string == "Ann")
        #expect(service.payees.askedNames.all == ["ann"])

        service.payees.setDown(true)
        let without = try await look(at: "/v1/admin/accounts/\(bob)")
        #expect(without.status == 200 && without.text.contains(#""owner":"bob","owner_name":null"#))
        #expect(try await act(service, "\(bob)/freeze").status == 200)
        #expect(try await look(at: "/v1/admin/accounts?owner=bob").status == 200)
        #expect(try await look(at: "/v1/admin/withdrawals?owner=bob").status == 200)
        // And nobody needs it to pay, but for a payee who is not an account.
        #expect(try await act(service, "\(bob)/unfreeze").status == 200)
        let order = { (payee: String) in
            #"{"source":"\#(ann)","destination":\#(payee),"amount":1,"currency":"USD"}"#
        }
        let paid = try await service.post("/v1/payments", key: "a", order(#"{"account":"\#(bob)"}"#))
        #expect(paid.status == 201)
        let unknown = try await service.post("/v1/payments", key: "b", order(#"{"user":"bob"}"#))
        #expect(unknown.code == "payee_lookup_unavailable")
        #expect(try await service.post("/v1/payments", key: "a", order(#"{"account":"\#(bob)"}"#)).isReplay)
    }

    @Test("A refused act is a line, too")
    func refusals() async throws {
        let service = try await ServiceFixture()
        let (own, closed) = (try await service.bank.account(of: "sue"), try await service.bank.account(of: "ann"))
        _ = try await service.bank.store.closeAccounts(of: "ann")
        #expect(try await act(service, "\(own)/unfreeze").code == "own_account")
        #expect(try await act(service, "\(closed)/freeze").code == "account_closed")
        let lines = try await service.bank.store.audit.lines(.init(actor: "sue"), limit: 10)
        #expect(lines.map(\.outcome) == ["refused", "refused"])
        #expect(lines.map(\.code) == ["account_closed", "own_account"])
    }

    @Test("Who may not, learns nothing and leaves nothing")
    func strangers() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        #expect(try await act(service, "\(ann)/freeze", as: nil).status == 401)
        #expect(try await act(service, "\(ann)/freeze", session: nil).code == "session_required")
        #expect(try await act(service, "\(ann)/freeze", roles: "user").code == "insufficient_role")
        #expect(try await act(service, "acct_none/freeze", roles: "user").code == "insufficient_role")
        #expect(try await act(service, "acct_none/freeze").status == 404)
        #expect(try await act(service, "sys_fees_USD/freeze").status == 404)
        for body in ["{}", #"{"reason":""}"#, #"{"reason":"a\nb"}"#, #"{"reason":"a","x":1}"#] {
            #expect(try await act(service, "\(ann)/freeze", body: body).status == 422)
        }
        for path in ["accounts?owner=ann", "accounts/\(ann)", "account-audit"] {
            let answer = try await service.send(.get, "/v1/admin/\(path)", session: "s", roles: "user")
            #expect(answer.code == "insufficient_role")
        }
        #expect(try await service.bank.count("audit_log") == 0)
        #expect(try await service.bank.store.account(ann)?.status == .open)
    }

    @Test func supportReadsAccounts() async throws {
        let service = try await ServiceFixture()
        let ids = [try await service.bank.account(of: "ann", holding: 3), try await service.bank.account(of: "ann")]
        let get = { (path: String) in
            try await service.send(.get, "/v1/admin/\(path)", as: "sue", scopes: "", session: "s", roles: "support")
        }
        let list = try await get("accounts?owner=ann")
        #expect(try list.json["data"]?.array?.compactMap { $0["id"]?.string } == ids.reversed())
        #expect(list.fields[.cacheControl] == "no-store")
        #expect(try await get("accounts/\(ids[0])").json["balance"]?["posted"]?.integer == 3)
        #expect(try await get("accounts/acct_none").status == 404)
        #expect(try await get("accounts").status == 400)
        #expect(try await get("account-audit").code == "insufficient_role")
    }

    @Test func adminsReadTheLog() async throws {
        let service = try await ServiceFixture()
        let accounts = [try await service.bank.account(of: "ann"), try await service.bank.account(of: "bob")]
        for account in accounts { _ = try await act(service, "\(account)/freeze") }
        let get = { (query: String) in
            try await service.send(
                .get, "/v1/admin/account-audit\(query)", as: "root", scopes: "admin", session: "s", roles: "admin")
        }
        let page = try await get("?limit=1").json
        #expect(page["data"]?[0]?["target"]?.string == accounts[1])
        let cursor = try #require(page["next_cursor"]?.string)
        let rest = try await get("?limit=1&cursor=\(cursor)").json
        #expect(rest["data"]?[0]?["target"]?.string == accounts[0])
        #expect(rest["data"]?[0]?["after"]?["reason"]?.string == "asked for by phone")
        #expect(try await get("?target=\(accounts[0])").json["data"]?.array?.count == 1)
        #expect(try await get("?actor=nobody").json["data"]?.array?.isEmpty == true)
        let scopeless = try await service.send(
            .get, "/v1/admin/account-audit", as: "root", scopes: "", session: "s", roles: "admin")
        #expect(scopeless.code == "insufficient_scope")
    }

    @Test("Lines are facts", arguments: ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"])
    func immutable(statement: String) async throws {
        let service = try await ServiceFixture()
        _ = try await act(service, "\(try await service.bank.account(of: "ann"))/freeze")
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await service.bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.trigger) == true, "\(String(describing: error))")
    }
}
