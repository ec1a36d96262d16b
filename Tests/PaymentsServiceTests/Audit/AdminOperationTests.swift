import HTTPTypes
import JSON
import ServiceStorage
import Storage
import Testing

@testable import PaymentsService

@Suite struct AdminOperationTests {
    private func staff(
        _ service: ServiceFixture, _ target: String, roles: String = "support", session: String? = "ses_1",
        apiKey: String? = nil
    ) async throws -> Answer {
        try await service.send(.get, target, as: "sue", scopes: "", session: session, apiKey: apiKey, roles: roles)
    }

    private func operations(_ service: ServiceFixture) async throws -> (deposit: String, withdrawal: String) {
        let ann = try await service.bank.account(of: "ann")
        let paid = try await service.post(
            "/v1/deposits", key: "d", #"{"account":"\#(ann)","amount":500,"source":"card_ok"}"#)
        let out = try await service.post(
            "/v1/withdrawals", key: "w", #"{"account":"\#(ann)","amount":200,"destination":"bank_declined"}"#)
        let location = try #require(out.fields[.location])
        return (try #require(try paid.json["id"]?.string), String(try #require(location.split(separator: "/").last)))
    }

    @Test("Support sees anybody's, and each look is a line")
    func looks() async throws {
        let service = try await ServiceFixture()
        let (deposit, withdrawal) = try await operations(service)
        let read = try await staff(service, "/v1/admin/withdrawals/\(withdrawal)")
        #expect(read.status == 200 && read.fields[.cacheControl] == "no-store")
        let json = try read.json
        #expect(json["owner"]?.string == "ann" && json["status"]?.string == "failed")
        #expect(json["failure"]?.string == "declined_by_bank" && json["attempts"]?.integer == 1)
        #expect(json["processor_key"]?.string == "\(withdrawal):payout")
        #expect(json["transfer"]?.string?.isEmpty == false)
        let list = try await staff(service, "/v1/admin/deposits?owner=ann", roles: "admin").json
        #expect(list["data"]?.array?.compactMap { $0["id"]?.string } == [deposit])
        #expect(try await staff(service, "/v1/admin/deposits?owner=bob").json["data"]?.array?.isEmpty == true)

        let lines = try await service.bank.store.audit.lines(limit: 10)
        #expect(lines.map(\.action) == ["deposit.list", "deposit.list", "withdrawal.read"])
        #expect(lines.map(\.target) == ["bob", "ann", withdrawal])
        #expect(lines.allSatisfy { $0.origin.actor == "sue" && $0.outcome == "done" })
    }

    @Test("What is not there, or of the other kind, is 404 and no line")
    func missing() async throws {
        let service = try await ServiceFixture()
        let (deposit, _) = try await operations(service)
        for target in ["/v1/admin/withdrawals/\(deposit)", "/v1/admin/deposits/dep_none"] {
            #expect(try await staff(service, target).status == 404)
        }
        #expect(try await staff(service, "/v1/admin/deposits").code == "invalid_query")
        #expect(try await staff(service, "/v1/admin/deposits?owner=").code == "invalid_query")
        #expect(try await staff(service, "/v1/admin/deposits?owner=ann&limit=0").code == "invalid_query")
        #expect(try await service.bank.count("audit_log") == 0)
    }

    @Test("Nobody else gets in", arguments: ["/v1/admin/deposits?owner=ann", "/v1/admin/withdrawals/wdr_1"])
    func refused(target: String) async throws {
        let service = try await ServiceFixture()
        #expect(try await staff(service, target, roles: "").code == "insufficient_role")
        #expect(try await staff(service, target, roles: "user").code == "insufficient_role")
        #expect(try await staff(service, target, session: nil, apiKey: "key_1").code == "session_required")
        #expect(try await service.send(.get, target, as: nil, session: "ses_1", roles: "admin").status == 401)
        #expect(try await service.bank.count("audit_log") == 0)
    }

    @Test("Where no line can be written, nothing is shown")
    func noLine() async throws {
        let service = try await ServiceFixture()
        let (deposit, _) = try await operations(service)
        try await service.bank.database.write { transaction in
            _ = try transaction.execute(
                "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        for target in ["/v1/admin/deposits?owner=ann", "/v1/admin/deposits/\(deposit)"] {
            let answer = try await staff(service, target)
            #expect(answer.status == 500)
            let json = try answer.json
            #expect(json["owner"] == nil && json["data"] == nil)
        }
    }
}
