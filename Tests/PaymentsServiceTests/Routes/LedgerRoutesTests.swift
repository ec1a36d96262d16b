import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct LedgerRoutesTests {
    private func read(
        _ service: ServiceFixture, scopes: String = "admin", session: String? = "ses_1", roles: String = "user admin"
    ) async throws -> Answer {
        try await service.send(
            .get, "/v1/ledger/trial-balance", scopes: scopes, session: session, roles: roles)
    }

    @Test func anAdminReadsTheTrialBalance() async throws {
        let service = try await ServiceFixture()
        _ = try await service.bank.account(of: "ann", holding: 100)
        let answer = try await read(service)
        #expect(answer.status == 200)
        #expect(try answer.json["balanced"] == .bool(true))
        #expect(try answer.json["currencies"]?[0]?["debits"]?.integer == 100)
        #expect(answer.fields[.cacheControl] == "no-store")
    }

    @Test func nobodyElseDoes() async throws {
        let service = try await ServiceFixture()
        #expect(try await read(service, roles: "user support").code == "insufficient_role")
        #expect(try await read(service, session: nil).code == "session_required")
        #expect(try await read(service, scopes: ServiceFixture.allScopes).status == 403)
    }
}
