import HTTPTypes
import JSON
import Testing

/// The public contract through the gateway, with real processes behind it.
@Suite struct ContractTests {
    @Test func signUpLogInAndReadTheProfile() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let me = try await api.send(.get, "/api/v1/users/me", token: ada.token)
        #expect(me.status == 200)
        #expect(me.body["id"] == .string(ada.id))
        #expect(me.body["email"] == .string(ada.email))
        #expect(ada.id.hasPrefix("usr_"))
        #expect(me.field("X-Request-Id")?.isEmpty == false)
        #expect(me.body["password"] == nil)
    }

    @Test func profileIsEditedUnderItsETag() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let before = try await api.send(.get, "/api/v1/users/me", token: ada.token)
        let tag = try #require(before.field("ETag"))
        let edited = try await api.send(
            .patch, "/api/v1/users/me", ["name": "Ada King"], token: ada.token, fields: ["If-Match": tag])
        #expect(edited.status == 200)
        #expect(edited.body["name"] == "Ada King")
        let stale = try await api.send(
            .patch, "/api/v1/users/me", ["name": "Ada Byron"], token: ada.token, fields: ["If-Match": tag])
        #expect(stale.status == 412)
    }

    @Test func refreshRotatesAndLogoutEnds() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let next = try await api.send(
            .post, "/api/v1/tokens/refresh", ["refresh_token": .string(ada.refreshToken)])
        #expect(next.status == 200)
        #expect(next.body["token_type"] == "Bearer")
        #expect(next.body["expires_in"]?.integer == 600)
        let successor = try #require(next.body["refresh_token"]?.string)
        #expect(successor != ada.refreshToken)

        let access = try #require(next.body["access_token"]?.string)
        #expect(try await api.send(.delete, "/api/v1/sessions/current", token: access).status == 204)
        let after = try await api.send(.post, "/api/v1/tokens/refresh", ["refresh_token": .string(successor)])
        #expect(after.status == 401)
    }

    @Test func accountDepositPaymentAndLists() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let grace = try await Person(api, name: "Grace")
        let purse = try await ada.openAccount()
        let other = try await grace.openAccount()
        try await ada.deposit(10_000, to: purse)

        for destination: JSONValue in [
            ["account": .string(other)], ["user": .string(grace.id)], ["email": .string(grace.email)],
        ] {
            let paid = try await api.send(
                .post, "/api/v1/payments",
                [
                    "source": .string(purse), "destination": destination, "amount": 100, "currency": "USD",
                    "description": "lunch",
                ],
                token: ada.token, key: "contract-\(UInt64.random(in: .min ... .max))")
            #expect(paid.status == 201, "\(destination): \(paid.body)")
            #expect(paid.body["status"] == "succeeded")
            let id = try #require(paid.body["id"]?.string)
            #expect(id.hasPrefix("pay_"))
            let read = try await api.send(.get, "/api/v1/payments/\(id)", token: ada.token)
            #expect(read.status == 200)
            #expect(read.body["amount"] == 100)
        }
        #expect(try await ada.posted(purse) == 9_700)
        #expect(try await grace.posted(other) == 300)

        let list = try await api.send(.get, "/api/v1/payments?limit=2", token: ada.token)
        #expect(list.body["data"]?.array?.count == 2)
        let cursor = try #require(list.body["next_cursor"]?.string)
        let rest = try await api.send(.get, "/api/v1/payments?limit=2&cursor=\(cursor)", token: ada.token)
        #expect(rest.body["data"]?.array?.count == 1)
        let entries = try await api.send(.get, "/api/v1/accounts/\(purse)/entries", token: ada.token)
        #expect(entries.body["data"]?.array?.count == 4)
        let accounts = try await api.send(.get, "/api/v1/accounts", token: ada.token)
        #expect(accounts.body["data"]?.array?.count == 1)
    }

    @Test func slowCardSettlesLater() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let purse = try await ada.openAccount()
        let answer = try await api.send(
            .post, "/api/v1/deposits",
            ["account": .string(purse), "amount": 500, "source": "card_slow"], token: ada.token,
            key: "slow-\(purse)")
        #expect(answer.status == 202)
        #expect(answer.body["status"] == "processing")
        let location = try #require(answer.field("Location"))
        var status: JSONValue?
        for _ in 0..<600 where status != "succeeded" {
            status = try await api.send(.get, location, token: ada.token).body["status"]
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(status == "succeeded")
        #expect(try await ada.posted(purse) == 500)
    }

    @Test func overviewIsComplete() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let purse = try await ada.openAccount()
        let overview = try await api.send(.get, "/api/v1/overview", token: ada.token)
        #expect(overview.status == 200)
        #expect(overview.field("Tollgate-Completeness") == "complete")
        #expect(overview.body["profile"]?["id"] == .string(ada.id))
        #expect(overview.body["accounts"]?[0]?["id"] == .string(purse))
    }

    @Test func keysAndDocumentArePublic() async throws {
        let api = try await SharedSystem.system.api
        let keys = try await api.send(.get, "/.well-known/jwks.json")
        #expect(keys.status == 200)
        let first = try #require(keys.body["keys"]?[0])
        #expect(first["kty"] == "EC")
        #expect(first["d"] == nil)
        let document = try await api.send(.get, "/api/v1/openapi.json")
        #expect(document.status == 200)
        #expect(document.body["openapi"]?.string?.hasPrefix("3.1") == true)
    }

    @Test func idempotentReplayIsTheSameAnswer() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000, to: one)
        let first = try await ada.pay(400, from: one, to: two, key: "once")
        let again = try await ada.pay(400, from: one, to: two, key: "once")
        #expect(first.status == 201)
        #expect(again.status == 201)
        #expect(again.bytes == first.bytes)
        #expect(again.field("Idempotent-Replayed") == "true")
        #expect(first.field("Idempotent-Replayed") == nil)
        let other = try await ada.pay(401, from: one, to: two, key: "once")
        #expect(other.status == 422)
        #expect(try await ada.posted(one) == 600)
    }
}
