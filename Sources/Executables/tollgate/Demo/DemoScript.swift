import HTTPTypes
import JSON

/// The demo's story: Ada signs up, holds money and pays Grace. Every step checks what it was answered.
struct DemoScript {
    let client: DemoClient
    let say: (String) -> Void
    /// Makes the e-mails and keys of this run its own: the demo can be repeated.
    private let suffix = String(UInt64.random(in: .min ... .max), radix: 36)

    private static let password = "correct horse battery staple"

    func run() async throws {
        let ada = try await signUp("Ada")
        let grace = try await signUp("Grace")
        let purse = try await openAccount("Ada opens an account in dollars", ada)
        _ = try await openAccount("Grace opens one too", grace)
        try await deposit(to: purse, ada)
        try await pay(from: purse, ada)
        try await readBack(purse, ada)
        say("The demo passed: two users, a deposit, a payment, a replay that charged nothing.")
    }

    private func signUp(_ name: String) async throws -> String {
        say("# \(name) signs up and logs in")
        let who = [member("email", .string(email(of: name))), member("password", .string(Self.password))]
        _ = try await client.send(
            .post, "/api/v1/users", .object(who + [member("name", .string(name))]), expect: 201)
        let session = try await client.send(.post, "/api/v1/sessions", .object(who), expect: 201)
        return try session.string("access_token")
    }

    private func openAccount(_ title: String, _ token: String) async throws -> String {
        say("# \(title)")
        let body = JSONValue.object([member("currency", .string("USD"))])
        return try await client.send(.post, "/api/v1/accounts", body, token: token, expect: 201).string("id")
    }

    private func deposit(to account: String, _ token: String) async throws {
        say("# A deposit of 100.00 dollars from the sandbox card that always works")
        let body = JSONValue.object([
            member("account", .string(account)), member("amount", .integer(10_000)),
            member("source", .string("card_ok")),
        ])
        _ = try await client.send(.post, "/api/v1/deposits", body, token: token, key: "deposit-\(suffix)", expect: 201)
    }

    private func pay(from account: String, _ token: String) async throws {
        say("# Ada pays Grace 12.50, by e-mail")
        let key = "lunch-\(suffix)"
        let first = try await client.send(
            .post, "/api/v1/payments", payment(from: account, 1_250), token: token, key: key, expect: 201)

        say("# The same request again, as after a lost answer: the same payment, charged once")
        let again = try await client.send(
            .post, "/api/v1/payments", payment(from: account, 1_250), token: token, key: key, expect: 201)
        guard try again.string("id") == first.string("id") else { throw Failure("the retry made a second payment") }

        say("# More than she has: refused, and nothing moves")
        _ = try await client.send(
            .post, "/api/v1/payments", payment(from: account, 1_000_000), token: token, key: "yacht-\(suffix)",
            expect: 402)
    }

    private func readBack(_ account: String, _ token: String) async throws {
        say("# What is left")
        let read = try await client.send(.get, "/api/v1/accounts/\(account)", token: token, expect: 200)
        guard read.body["balance"]?["available"] == .integer(8_750) else {
            throw Failure("the balance is not 8750 after a deposit of 10000 and a payment of 1250")
        }
        say("# The entries of the account")
        _ = try await client.send(.get, "/api/v1/accounts/\(account)/entries", token: token, expect: 200)
        say("# Everything in one answer, put together by the gateway from both services")
        _ = try await client.send(.get, "/api/v1/overview", token: token, expect: 200)
        say("# Log out: the refresh token ends with the session")
        _ = try await client.send(.delete, "/api/v1/sessions/current", token: token, expect: 204)
    }

    private func payment(from account: String, _ amount: Int64) -> JSONValue {
        .object([
            member("source", .string(account)),
            member("destination", .object([member("email", .string(email(of: "Grace")))])),
            member("amount", .integer(amount)), member("currency", .string("USD")),
            member("description", .string("lunch")),
        ])
    }

    private func email(of name: String) -> String { "\(name.lowercased())-\(suffix)@example.com" }

    private func member(_ name: String, _ value: JSONValue) -> JSONValue.Member { .init(name: name, value: value) }
}
