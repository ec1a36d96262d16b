import HTTPTypes
import JSON

/// A user of the system under test, signed up and logged in.
struct Person: Sendable {
    static let password = "correct horse battery staple"

    let api: APIClient
    let id: String
    let email: String
    let token: String
    let refreshToken: String

    /// Signs up under an e-mail of its own and logs in.
    init(_ api: APIClient, name: String = "Ada") async throws {
        let email = "\(name.lowercased())-\(UInt64.random(in: .min ... .max))@example.com"
        let user = try await Self.patiently {
            try await api.send(
                .post, "/api/v1/users",
                ["email": .string(email), "password": .string(Self.password), "name": .string(name)])
        }
        guard user.status == 201, let id = user.body["id"]?.string else {
            throw SystemFailure("sign-up: \(user.status) \(user.body)")
        }
        self.api = api
        self.id = id
        self.email = email
        (token, refreshToken) = try await Self.logIn(api, email)
    }

    private static func logIn(_ api: APIClient, _ email: String) async throws -> (String, String) {
        let session = try await patiently {
            try await api.send(
                .post, "/api/v1/sessions", ["email": .string(email), "password": .string(password)])
        }
        guard session.status == 201, let access = session.body["access_token"]?.string,
            let refresh = session.body["refresh_token"]?.string
        else { throw SystemFailure("login: \(session.status) \(session.body)") }
        return (access, refresh)
    }

    /// Asks again while the queue of password hashes sheds load, as its `Retry-After` says: many tests sign up at once.
    static func patiently(_ request: () async throws -> APIClient.Answer) async throws -> APIClient.Answer {
        for _ in 0..<60 {
            let answer = try await request()
            guard answer.status == 503, let seconds = answer.field("Retry-After").flatMap({ Int($0) }) else {
                return answer
            }
            try await Task.sleep(for: .seconds(seconds))
        }
        return try await request()
    }

    /// Opens an account.
    func openAccount(_ currency: String = "USD") async throws -> String {
        let account = try await api.send(
            .post, "/api/v1/accounts", ["currency": .string(currency)], token: token)
        guard account.status == 201, let id = account.body["id"]?.string else {
            throw SystemFailure("account: \(account.status) \(account.body)")
        }
        return id
    }

    /// Pays money in from the card that always works.
    func deposit(_ amount: Int64, to account: String) async throws {
        let answer = try await api.send(
            .post, "/api/v1/deposits",
            ["account": .string(account), "amount": .integer(amount), "source": "card_ok"],
            token: token, key: "deposit-\(UInt64.random(in: .min ... .max))")
        guard answer.status == 201 else { throw SystemFailure("deposit: \(answer.status) \(answer.body)") }
    }

    /// Pays from one account to another. The key is the payment's description too, so that a list shows what it was for.
    func pay(
        _ amount: Int64, from source: String, to account: String, key: String, through gateway: APIClient? = nil
    ) async throws -> APIClient.Answer {
        try await (gateway ?? api).send(
            .post, "/api/v1/payments",
            [
                "source": .string(source), "destination": ["account": .string(account)],
                "amount": .integer(amount), "currency": "USD", "description": .string(key),
            ],
            token: token, key: key)
    }

    /// All payments that there are, page by page.
    func payments() async throws -> [JSONValue] {
        var payments: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try await api.send(.get, "/api/v1/payments?limit=100\(cursor)", token: token)
            guard page.status == 200, let data = page.body["data"]?.array else {
                throw SystemFailure("payments: \(page.status) \(page.body)")
            }
            payments += data
            guard let next = page.body["next_cursor"]?.string else { return payments }
            cursor = "&cursor=\(next)"
        }
    }

    /// The posted balance of an account.
    func posted(_ account: String) async throws -> Int64 {
        let answer = try await api.send(.get, "/api/v1/accounts/\(account)", token: token)
        guard answer.status == 200, let posted = answer.body["balance"]?["posted"]?.integer else {
            throw SystemFailure("balance: \(answer.status) \(answer.body)")
        }
        return posted
    }
}
