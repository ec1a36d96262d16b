import HTTPTypes
import JSON

/// What the people of the load do, one request at a time.
struct LoadScenario: Sendable {
    /// What came of one request.
    struct Outcome: Sendable {
        let status: Int
        /// Why it failed; nil for an answer that it should have, a refused payment of somebody without money included.
        let failure: String?
    }

    let client: LoadClient
    let people: LoadPeople
    /// Makes the addresses and keys of this run its own.
    let run: String

    private static let password = "correct horse battery staple"
    private static let capital: Int64 = 1_000_000_00

    // MARK: - Beginning

    /// Signs `count` people up, each with an account and money; a few at a time, for passwords are dear.
    /// - Throws: ``Failure`` with the first refusal.
    func prepare(_ count: Int, told: @Sendable (Int) -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var next = 0
            while next < count || !group.isEmpty {
                if next < count, next < people.count + Self.width {
                    let number = next
                    group.addTask { try await begin(number) }
                    next += 1
                } else {
                    try await group.next()
                    told(people.count)
                }
            }
        }
    }

    private static let width = 4

    private func begin(_ number: Int) async throws {
        let email = email("p\(number)")
        try await expect(201, "sign-up") { await signUp(email) }
        let session = try await expect(201, "login") { await logIn(email) }
        guard let token = session.string("access_token") else { throw Failure("a login without a token") }
        let opened = try await expect(201, "open-account") {
            await client.send(.post, "/api/v1/accounts", .members(("currency", .string("USD"))), token: token)
        }
        guard let account = opened.string("id") else { throw Failure("an account without an id") }
        let deposit = JSONValue.members(
            ("account", .string(account)), ("amount", .integer(Self.capital)), ("source", .string("card_ok")))
        try await expect(201, "deposit") {
            await client.send(.post, "/api/v1/deposits", deposit, token: token, key: "\(run)-capital-\(number)")
        }
        people.add(LoadPeople.Person(email: email, account: account, token: token))
    }

    /// Asks again while the service sheds load or limits the rate: the beginning is not what is measured.
    @discardableResult
    private func expect(
        _ status: Int, _ what: String, _ send: () async -> LoadClient.Answer
    ) async throws -> LoadClient.Answer {
        var answer = await send()
        for _ in 0..<60 where answer.status == 503 {
            try await Task.sleep(for: .seconds(1))
            answer = await send()
        }
        guard answer.status != 0 else { throw Failure("\(what): \(answer.reason ?? "no answer")") }
        guard answer.status == status else {
            let hint = answer.status == 429 ? "; start the system with RATE_LIMITS=off" : ""
            throw Failure("\(what) was answered with \(answer.status) \(answer.reason ?? "")\(hint)")
        }
        return answer
    }

    // MARK: - Requests

    /// - Parameter number: of the request: makes its key.
    func perform(_ operation: LoadOperation, _ number: Int) async -> Outcome {
        switch operation {
        case .read: await read()
        case .pay: await pay(number)
        case .refund: await refund(number)
        case .login: await login()
        case .signUp: outcome(await signUp(email("n\(number)")), 201)
        }
    }

    private func read() async -> Outcome {
        let index = people.anybody()
        let person = people.person(index)
        let paths = ["/api/v1/accounts/\(person.account)", "/api/v1/payments?limit=10", "/api/v1/overview"]
        let answer = await client.send(.get, paths[people.number(below: paths.count)], token: person.token)
        if answer.status == 401 { await renew(index) }
        return outcome(answer, 200)
    }

    private func pay(_ number: Int) async -> Outcome {
        let (payer, payee) = people.pair()
        let person = people.person(payer)
        let amount = Int64(100 + people.number(below: 900))
        let answer = await client.send(
            .post, "/api/v1/payments",
            .members(
                ("source", .string(person.account)),
                ("destination", .members(("account", .string(people.person(payee).account)))),
                ("amount", .integer(amount)), ("currency", .string("USD"))),
            token: person.token, key: "\(run)-pay-\(number)")
        if answer.status == 401 { await renew(payer) }
        if answer.status == 201, let id = answer.string("id") {
            people.remember(LoadPeople.Paid(id: id, payee: payee, left: amount))
        }
        return outcome(answer, 201, 402)
    }

    /// A refund of one dollar, or a read while there is nothing to give back.
    private func refund(_ number: Int) async -> Outcome {
        guard let payment = people.takeBack(100) else { return await read() }
        // Whoever was paid gives back.
        let person = people.person(payment.payee)
        let answer = await client.send(
            .post, "/api/v1/refunds", .members(("payment", .string(payment.id)), ("amount", .integer(100))),
            token: person.token, key: "\(run)-refund-\(number)")
        if answer.status == 401 { await renew(payment.payee) }
        return outcome(answer, 201, 402)
    }

    private func login() async -> Outcome {
        let index = people.anybody()
        let answer = await logIn(people.person(index).email)
        if let token = answer.string("access_token") { people.renew(index, token: token) }
        return outcome(answer, 201)
    }

    /// An access token has expired: the person logs in again, beside the requests that are counted.
    private func renew(_ index: Int) async {
        let answer = await logIn(people.person(index).email)
        if let token = answer.string("access_token") { people.renew(index, token: token) }
    }

    private func signUp(_ email: String) async -> LoadClient.Answer {
        await client.send(
            .post, "/api/v1/users",
            .members(
                ("email", .string(email)), ("password", .string(Self.password)), ("name", .string("Load"))))
    }

    private func logIn(_ email: String) async -> LoadClient.Answer {
        await client.send(
            .post, "/api/v1/sessions",
            .members(("email", .string(email)), ("password", .string(Self.password))))
    }

    private func email(_ name: String) -> String { "load-\(run)-\(name)@example.com" }

    private func outcome(_ answer: LoadClient.Answer, _ expected: Int...) -> Outcome {
        guard !expected.contains(answer.status) else { return Outcome(status: answer.status, failure: nil) }
        let reason = answer.status == 0 ? "" : "\(answer.status) "
        return Outcome(status: answer.status, failure: reason + (answer.reason ?? "unexpected"))
    }
}

extension JSONValue {
    /// An object of these members.
    static func members(_ members: (String, JSONValue)...) -> JSONValue {
        .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }
}
