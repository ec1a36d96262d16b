import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// The rights of a person, with real processes: to be forgotten, and to have everything.
@Suite(.serialized) struct ErasureTests {
    private func erase(_ person: Person) async throws -> APIClient.Answer {
        try await person.api.send(.delete, "/api/v1/users/me", token: person.token)
    }

    private func logIn(_ person: Person) async throws -> APIClient.Answer {
        try await person.api.send(
            .post, "/api/v1/sessions", ["email": .string(person.email), "password": .string(Person.password)])
    }

    private func key(of person: Person) async throws -> [String: String] {
        let answer = try await person.api.send(
            .post, "/api/v1/api-keys", ["name": "robot", "scopes": .array(["accounts:read"])], token: person.token)
        guard let secret = answer.body["secret"]?.string else { throw SystemFailure("key: \(answer.body)") }
        return ["X-API-Key": secret]
    }

    @Test func moneyFirstThenGoneEverywhere() async throws {
        let system = try await DirectSystem()
        let other = try await system.startReplica()
        let (ada, grace) = (try await Person(system.api), try await Person(system.api, name: "Grace"))
        let (purse, box) = (try await ada.openAccount(), try await grace.openAccount())
        try await ada.deposit(100, to: purse)
        let key = try await key(of: ada)
        #expect(try await ada.pay(40, from: purse, to: box, key: "some").status == 201)
        #expect(try await other.send(.get, "/api/v1/accounts", token: ada.token).status == 200)
        try await waitUntil("the other replica knows the key", timeout: .seconds(5)) {
            try await other.send(.get, "/api/v1/accounts", fields: key).status == 200
        }

        let refused = try await erase(ada)
        #expect((refused.status, refused.code) == (409, "money_left"))
        #expect(try await ada.posted(purse) == 60)
        #expect(try await ada.pay(60, from: purse, to: box, key: "rest").status == 201)

        #expect(try await erase(ada).status == 204)
        // Here at once, elsewhere within seconds.
        #expect(try await system.api.send(.get, "/api/v1/accounts", token: ada.token).status == 401)
        #expect(try await system.api.send(.get, "/api/v1/accounts", fields: key).status == 401)
        for api in [system.api, other] {
            try await waitUntil("token and key are refused", timeout: .seconds(5)) {
                let statuses = [
                    try await api.send(.get, "/api/v1/accounts", token: ada.token).status,
                    try await api.send(.get, "/api/v1/accounts", fields: key).status,
                ]
                return statuses == [401, 401]
            }
        }
        #expect(try await logIn(ada).status == 401)
        let refreshed = try await system.api.send(
            .post, "/api/v1/tokens/refresh", ["refresh_token": .string(ada.refreshToken)])
        #expect(refreshed.status == 401)

        // What the other one sees stays as it was: ids, and no more.
        let history = try await system.api.send(.get, "/api/v1/payments", token: grace.token)
        #expect(history.body["data"]?.array?.compactMap { $0["source"]?.string } == [purse, purse])
        let back = try await grace.pay(1, from: box, to: purse, key: "back")
        #expect((back.status, back.code) == (422, "account_closed"))

        let again = try await system.api.send(
            .post, "/api/v1/users",
            ["email": .string(ada.email), "password": .string(Person.password), "name": "Ada"])
        #expect(again.status == 201 && again.body["id"] != .string(ada.id))
        await system.stopAll()
        #expect(!system.output.contains(ada.email))
    }

    @Test func aWishOutlivesBothServices() async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        _ = try await ada.openAccount()
        await system.stop("payments-service", with: SIGKILL)
        let pending = try await erase(ada)
        #expect(pending.status == 202 && pending.body["status"] == "pending")
        // Promised, not done: the token is still good.
        #expect(try await system.api.send(.get, "/api/v1/users/me", token: ada.token).status == 200)
        await system.stop("user-service", with: SIGKILL)
        try await system.start("payments-service")
        try await system.start("user-service")
        try await waitUntil("the wish is carried out", timeout: .seconds(10)) { try await logIn(ada).status == 401 }
        try await waitUntil("the token is refused", timeout: .seconds(5)) {
            try await system.api.send(.get, "/api/v1/users/me", token: ada.token).status == 401
        }
        await system.stopAll()
    }

    @Test("A kill in the middle leaves nothing half done", arguments: [0, 3, 8])
    func killedInTheMiddle(milliseconds: Int) async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        let purse = try await ada.openAccount()
        async let answer = try? erase(ada)
        try await Task.sleep(for: .milliseconds(milliseconds))
        await system.stop("user-service", with: SIGKILL)
        _ = await answer
        try await system.start("user-service")
        // Whether the wish was kept before the end is a matter of luck; that it is carried out or forgotten is not.
        try await waitUntil("all or nothing", timeout: .seconds(10)) {
            let isGone = try await logIn(ada).status == 401
            guard !isGone else { return true }
            let account = try await system.api.send(.get, "/api/v1/accounts/\(purse)", token: ada.token)
            return account.body["status"] == "open"
        }
        let again = try await erase(ada).status
        #expect(again == 204 || again == 401)
        #expect(try await logIn(ada).status == 401)
        await system.stopAll()
    }

    @Test func theExportIsWholeOrNotThere() async throws {
        let system = try await DirectSystem()
        let (ada, grace) = (try await Person(system.api), try await Person(system.api, name: "Grace"))
        let (purse, box) = (try await ada.openAccount(), try await grace.openAccount())
        try await ada.deposit(100, to: purse)
        for number in 1...30 { #expect(try await ada.pay(1, from: purse, to: box, key: "n\(number)").status == 201) }
        let path = "/api/v1/users/me/export"
        let export = try await system.api.send(.get, path, token: ada.token)
        #expect(export.status == 200)
        #expect(export.field("Content-Disposition") == "attachment; filename=\"tollgate-export.json\"")
        #expect(export.body["user"]?["email"] == .string(ada.email))
        #expect(export.body["sessions"]?.array?.count == 1)
        let money = try #require(export.body["payments_service"])
        #expect(money["accounts"]?.array?.compactMap { $0["id"]?.string } == [purse])
        #expect(money["entries"]?.array?.count == 31 && money["deposits"]?.array?.count == 1)
        #expect(money["payments"]?.array?.count == 30)
        #expect(!export.text.contains(grace.email) && !export.text.contains(grace.id))

        await system.stop("payments-service")
        let half = try await system.api.send(.get, path, token: ada.token)
        #expect((half.status, half.code) == (503, "export_unavailable"))
        await system.stopAll()
    }
}
