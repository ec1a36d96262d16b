import HTTPTypes
import Testing

@testable import PaymentsService

@Suite struct RevocationGuardTests {
    @Test(
        "A genuine identity of what has ended is refused on every route",
        arguments: [
            (Revocation.Kind.session, "ses_1", 401, "session_revoked"), (.apiKey, "key_1", 401, "api_key_revoked"),
            (.lockedUser, "ann", 403, "account_locked"), (.erasedUser, "ann", 401, "unauthorized"),
        ])
    func refuses(kind: Revocation.Kind, id: String, status: Int, code: String) async throws {
        let service = try await ServiceFixture()
        for (method, target, _) in AccessTests.routes {
            let before = try await service.send(
                method, target, session: "ses_1", apiKey: "key_1", key: "before", body: "{}")
            #expect(![401, 403].contains(before.status))
        }
        service.revocations.update { $0.apply(.add(Revocation(kind: kind, id: id, until: nil))) }
        for (method, target, _) in AccessTests.routes {
            let answer = try await service.send(
                method, target, session: "ses_1", apiKey: "key_1", key: "after", body: "{}")
            #expect((answer.status, answer.code) == (status, code), "\(method) \(target)")
        }
        let other = try await service.send(.get, "/v1/accounts", as: "bob", session: "ses_2")
        #expect(other.status == 200)
    }
}
