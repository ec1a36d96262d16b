import HTTPTypes
import JSON
import Testing

/// Every error status of the contract, as `application/problem+json` through the gateway.
@Suite struct ErrorTests {
    /// A request that must fail, and how.
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        let method: HTTPRequest.Method
        let path: String
        var body: String?
        var isSignedIn = true
        var key: String?
        var fields: [String: String] = [:]
        let status: Int

        var testDescription: String { "\(title) → \(status)" }
    }

    static let cases: [Case] = [
        .init(title: "malformed JSON", method: .post, path: "/api/v1/accounts", body: "{\"currency\":", status: 400),
        .init(
            title: "duplicate member", method: .post, path: "/api/v1/accounts",
            body: #"{"currency":"USD","currency":"USD"}"#, status: 400),
        .init(
            title: "unknown member", method: .post, path: "/api/v1/accounts",
            body: #"{"currency":"USD","owner":"usr_x"}"#, status: 422),
        .init(
            title: "unknown currency", method: .post, path: "/api/v1/accounts", body: #"{"currency":"XXX"}"#,
            status: 422),
        .init(
            title: "missing Idempotency-Key", method: .post, path: "/api/v1/payments",
            body: #"{"source":"a","destination":{"account":"b"},"amount":1,"currency":"USD"}"#, status: 400),
        .init(
            title: "fractional amount", method: .post, path: "/api/v1/payments",
            body: #"{"source":"a","destination":{"account":"b"},"amount":1.0,"currency":"USD"}"#, key: "k",
            status: 422),
        .init(title: "no token", method: .get, path: "/api/v1/accounts", isSignedIn: false, status: 401),
        .init(
            title: "junk token", method: .get, path: "/api/v1/accounts", isSignedIn: false,
            fields: ["Authorization": "Bearer a.b.c"], status: 401),
        .init(
            title: "identity from outside", method: .get, path: "/api/v1/accounts", isSignedIn: false,
            fields: ["Tollgate-Identity": "a.b.c"], status: 401),
        .init(title: "unknown route", method: .get, path: "/api/v1/nothing", status: 404),
        .init(title: "unknown payment", method: .get, path: "/api/v1/payments/pay_none", status: 404),
        .init(title: "wrong method", method: .delete, path: "/api/v1/accounts", status: 405),
        .init(
            title: "not JSON", method: .post, path: "/api/v1/accounts", body: "currency=USD",
            fields: ["Content-Type": "application/x-www-form-urlencoded"], status: 415),
        .init(title: "limit out of range", method: .get, path: "/api/v1/payments?limit=1000", status: 400),
        .init(title: "junk cursor", method: .get, path: "/api/v1/payments?cursor=%00", status: 400),
        .init(
            title: "wrong password", method: .post, path: "/api/v1/sessions",
            body: #"{"email":"nobody@example.com","password":"not the password"}"#, isSignedIn: false, status: 401),
        .init(
            title: "short password", method: .post, path: "/api/v1/users",
            body: #"{"email":"short@example.com","password":"short","name":"S"}"#, isSignedIn: false, status: 422),
        .init(
            title: "unknown refresh token", method: .post, path: "/api/v1/tokens/refresh",
            body: #"{"refresh_token":"nothing"}"#, isSignedIn: false, status: 401),
        .init(
            title: "body over the limit", method: .post, path: "/api/v1/accounts",
            body: String(repeating: "x", count: 2 << 20), status: 413),
    ]

    private static let person = Task { try await Person(SharedSystem.system.api) }

    @Test(arguments: cases) func refused(_ example: Case) async throws {
        let api = try await SharedSystem.system.api
        let token = example.isSignedIn ? try await Self.person.value.token : nil
        let answer = try await api.send(
            example.method, example.path, raw: example.body.map { Array($0.utf8) }, token: token, key: example.key,
            fields: example.fields)
        #expect(answer.status == example.status, "\(answer.body)")
        expectProblem(answer)
    }

    @Test func paymentErrors() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        let euro = try await ada.openAccount("EUR")
        let poor = try await ada.pay(1, from: one, to: two, key: "poor")
        #expect(poor.status == 402)
        #expect(poor.code == "insufficient_funds")
        try await ada.deposit(100, to: one)
        #expect(try await ada.pay(1, from: one, to: one, key: "self").status == 422)
        #expect(try await ada.pay(1, from: one, to: euro, key: "currency").status == 422)
        for (amount, key) in [(Int64(0), "zero"), (-1, "negative")] {
            #expect(try await ada.pay(amount, from: one, to: two, key: key).status == 422)
        }
        let declined = try await api.send(
            .post, "/api/v1/deposits", ["account": .string(one), "amount": 5, "source": "card_declined"],
            token: ada.token, key: "declined")
        #expect(declined.status == 402)
        #expect(declined.code == "card_declined")
        let unknown = try await api.send(
            .post, "/api/v1/payments",
            [
                "source": .string(one), "destination": ["email": "nobody@example.com"], "amount": 1,
                "currency": "USD",
            ], token: ada.token, key: "unknown")
        #expect(unknown.status == 422)
        #expect(try await ada.posted(one) == 100)
    }

    @Test func emailIsTaken() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let again = try await api.send(
            .post, "/api/v1/users",
            ["email": .string(ada.email.uppercased()), "password": .string(Person.password), "name": "Other"])
        #expect(again.status == 409)
        expectProblem(again)
    }

    /// Two users cannot see or move each other's objects; the answer is that for an object that does not exist.
    @Test func othersObjectsDoNotExist() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let mallory = try await Person(api, name: "Mallory")
        let (purse, other) = (try await ada.openAccount(), try await mallory.openAccount())
        try await ada.deposit(1_000, to: purse)
        let payment = try await ada.pay(1, from: purse, to: try await ada.openAccount(), key: "own")
        let id = try #require(payment.body["id"]?.string)
        let paidIn = try await api.send(
            .post, "/api/v1/deposits", ["account": .string(purse), "amount": 1, "source": "card_ok"], token: ada.token,
            key: "own-deposit")
        let deposit = try #require(paidIn.body["id"]?.string)
        #expect(try await api.send(.get, "/api/v1/deposits/\(deposit)", token: ada.token).status == 200)

        for path in [
            "/api/v1/accounts/\(purse)", "/api/v1/accounts/\(purse)/entries", "/api/v1/payments/\(id)",
            "/api/v1/deposits/\(deposit)",
        ] {
            let hidden = try await api.send(.get, path, token: mallory.token)
            let missing = try await api.send(
                .get,
                path.replacing(purse, with: "acct_0").replacing(id, with: "pay_0")
                    .replacing(deposit, with: "dep_0"), token: mallory.token)
            #expect(hidden.status == 404)
            #expect(missing.status == 404)
            #expect(anonymous(hidden) == anonymous(missing))
        }
        let theft = try await mallory.pay(1, from: purse, to: other, key: "theft")
        #expect(theft.status == 404 || theft.status == 422)
        #expect(try await ada.posted(purse) == 1_000)
        let list = try await api.send(.get, "/api/v1/payments", token: mallory.token)
        #expect(list.body["data"]?.array?.isEmpty == true)
    }

    /// A user's token is worth nothing at a service itself.
    @Test(arguments: [(1, "/v1/users/me"), (2, "/v1/accounts")])
    func servicesRefuseWhatDidNotComeThroughTheGateway(offset: Int, path: String) async throws {
        let system = try await SharedSystem.system
        let ada = try await Person(system.api)
        let answer = try await APIClient(port: system.port + offset).send(.get, path, token: ada.token)
        #expect(answer.status == 401)
        expectProblem(answer)
    }

    /// The body without what differs from answer to answer.
    private func anonymous(_ answer: APIClient.Answer) -> [JSONValue.Member]? {
        answer.body.object?.filter { !["instance", "trace_id"].contains($0.name) }
    }

    private func expectProblem(_ answer: APIClient.Answer) {
        #expect(answer.field("Content-Type") == "application/problem+json")
        #expect(answer.body["status"]?.integer == Int64(answer.status))
        #expect(answer.body["type"]?.string?.hasPrefix("urn:tollgate:problem:") == true)
        #expect(answer.body["instance"]?.string == answer.field("X-Request-Id"))
        #expect(answer.body["trace_id"]?.string?.count == 32)
        // Nothing of the inside: neither names nor ports of services.
        let text = String(decoding: answer.bytes, as: UTF8.self)
        for word in ["user-service", "payments-service", "127.0.0.1", "SQL"] { #expect(!text.contains(word)) }
    }
}
