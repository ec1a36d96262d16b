import HTTPTypes
import Testing

@testable import PaymentsService

@Suite struct AccessTests {
    static let routes: [(HTTPRequest.Method, String, String)] = [
        (.post, "/v1/accounts", "accounts:write"), (.get, "/v1/accounts", "accounts:read"),
        (.get, "/v1/accounts/acct_1", "accounts:read"), (.get, "/v1/accounts/acct_1/entries", "accounts:read"),
        (.patch, "/v1/accounts/acct_1", "accounts:write"), (.post, "/v1/accounts/acct_1/freeze", "accounts:write"),
        (.post, "/v1/accounts/acct_1/unfreeze", "accounts:write"),
        (.post, "/v1/accounts/acct_1/close", "accounts:write"),
        (.get, "/v1/accounts/acct_1/statement", "accounts:read"),
        (.post, "/v1/deposits", "payments:write"), (.get, "/v1/deposits/dep_1", "payments:read"),
        (.get, "/v1/deposits", "payments:read"), (.post, "/v1/withdrawals", "payments:write"),
        (.get, "/v1/withdrawals", "payments:read"), (.get, "/v1/withdrawals/wdr_1", "payments:read"),
        (.post, "/v1/payments", "payments:write"), (.get, "/v1/payments", "payments:read"),
        (.get, "/v1/payments/pay_1", "payments:read"), (.post, "/v1/payments/pay_1/capture", "payments:write"),
        (.post, "/v1/payments/pay_1/cancel", "payments:write"), (.post, "/v1/refunds", "payments:write"),
        (.get, "/v1/refunds", "payments:read"), (.get, "/v1/refunds/rfnd_1", "payments:read"),
    ]

    @Test("Every route demands its own scope", arguments: routes)
    func scopes(method: HTTPRequest.Method, target: String, scope: String) async throws {
        let service = try await ServiceFixture()
        let others = ServiceFixture.allScopes.split(separator: " ").filter { $0 != scope }.joined(separator: " ")
        let refused = try await service.send(method, target, scopes: others, key: "k", body: "{}")
        #expect(refused.status == 403)
        let allowed = try await service.send(method, target, scopes: scope, key: "k", body: "{}")
        #expect(![401, 403].contains(allowed.status))
    }

    @Test("Every route demands a user", arguments: routes)
    func users(method: HTTPRequest.Method, target: String, scope: String) async throws {
        let service = try await ServiceFixture()
        #expect(try await service.send(method, target, as: nil, key: "k", body: "{}").status == 401)
    }

    @Test(
        "Every POST demands JSON",
        arguments: ["/v1/accounts", "/v1/deposits", "/v1/payments", "/v1/withdrawals", "/v1/refunds"])
    func types(target: String) async throws {
        let service = try await ServiceFixture()
        for type in ["application/x-www-form-urlencoded", "text/json", "application/jsonx", nil] {
            let answer = try await service.send(.post, target, key: "k", type: type, body: "{}")
            #expect(answer.status == 415, "\(type ?? "none")")
        }
        for type in ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"] {
            #expect(try await service.send(.post, target, key: "k", type: type, body: "{}").status == 422, "\(type)")
        }
    }

    @Test(
        "Every POST has a limit",
        arguments: ["/v1/accounts", "/v1/deposits", "/v1/payments", "/v1/withdrawals", "/v1/refunds"])
    func limits(target: String) async throws {
        let service = try await ServiceFixture()
        let body = String(repeating: " ", count: KeyedPost.bodyLimit + 1)
        #expect(try await service.post(target, key: "k", body).status == 413)
    }

    @Test func unknownRoutesAndMethods() async throws {
        let service = try await ServiceFixture()
        #expect(try await service.send(.get, "/v1/nothing").status == 404)
        #expect(try await service.send(.delete, "/v1/accounts").status == 405)
    }
}
