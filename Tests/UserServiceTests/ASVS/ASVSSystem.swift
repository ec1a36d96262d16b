import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// The routes and somebody who is logged in, with what the requirements have people do.
struct ASVSSystem {
    typealias Answer = RouteFixture.Answer
    typealias Login = RouteFixture.Login

    static let other = "a tollbooth in winter"

    let fixture: RouteFixture
    let ada: Login

    init(limits: AttemptGuard.Mode = .off) async throws {
        fixture = try await RouteFixture(limits: limits)
        ada = try await fixture.logIn()
    }

    var clock: ManualWallClock { fixture.store.clock }

    /// A JSON object of texts, whatever characters are in them.
    static func body(_ members: KeyValuePairs<String, String>) -> String {
        var json = JSONWriter()
        json.beginObject()
        for (name, text) in members { json.member(name, text) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: - Ways in

    func logIn(
        _ password: String = RouteFixture.password, email: String = "ada@example.com", code: String? = nil,
        from address: String? = nil
    ) async throws -> Answer {
        var fields: HTTPFields = [:]
        if let address { fields[try #require(HTTPField.Name("X-Forwarded-For"))] = address }
        let body =
            code.map { Self.body(["email": email, "password": password, "code": $0]) }
            ?? Self.body(["email": email, "password": password])
        return try await fixture.send(.post, "/v1/sessions", body, fields: fields)
    }

    /// Another session of the same user.
    func another() async throws -> Login { try login(of: ada.userID, try await logIn()) }

    func signUp(_ email: String, _ password: String, name: String = "Ada") async throws -> Answer {
        try await fixture.send(
            .post, "/v1/users", Self.body(["email": email, "password": password, "name": name]))
    }

    func change(_ current: String, to new: String, as login: Login) async throws -> Answer {
        try await fixture.send(
            .put, "/v1/users/me/password", Self.body(["current_password": current, "new_password": new]), as: login)
    }

    /// Resets a password by the mail that its owner gets.
    func reset(_ email: String = "ada@example.com", to new: String = other) async throws -> Answer {
        // What waits goes first: mails that are sent together arrive in any order.
        _ = try await fixture.deliver()
        _ = try await fixture.send(.post, "/v1/password/forgot", Self.body(["email": email]))
        let token = try await fixture.token()
        return try await fixture.send(
            .post, "/v1/password/reset", Self.body(["token": token, "new_password": new]))
    }

    /// Whether a password is taken at sign-up, at a change and at a reset.
    /// - Parameter local: The part of the user's address before the `@`.
    func isTaken(_ password: String, local: String = "somebody", name: String = "Ada") async throws -> [Bool] {
        let users = try await fixture.store.count("SELECT count(*) FROM users")
        let signedUp = try await signUp("\(local)@a\(users).example.com", password, name: name)
        let email = "\(local)@b\(users).example.com"
        let user = try await signUp(email, RouteFixture.password, name: name)
        let login = try login(
            of: try #require(user.json["id"]?.string), try await logIn(RouteFixture.password, email: email))
        let changed = try await change(RouteFixture.password, to: password, as: login)
        return [signedUp.status == 201, changed.status == 204, try await reset(email, to: password).status == 204]
    }

    private func login(of user: String, _ answer: Answer) throws -> Login {
        let token = try #require(answer.json["access_token"]?.string)
        return Login(
            userID: user, sessionID: try #require(try fixture.claims(of: token)["sid"]?.string), accessToken: token,
            refreshToken: try #require(answer.json["refresh_token"]?.string))
    }

    // MARK: - Second factors

    /// Turns Ada's second factor on.
    func enrol() async throws -> (totp: TOTP, codes: [String]) {
        let answer = try await fixture.send(.post, "/v1/users/me/totp", as: ada)
        let totp = try TOTP(text: try #require(answer.json["secret"]?.string))
        let confirmed = try await fixture.send(
            .post, "/v1/users/me/totp/confirm", Self.body(["code": code(totp)]), as: ada)
        return (totp, try #require(confirmed.json["recovery_codes"]?.strings))
    }

    /// A code of the time, after enough of it that none was used.
    func code(_ totp: TOTP) -> String {
        clock.advance(seconds: 90)
        return totp.code(step: TOTP.step(at: clock.now))
    }

    /// Six digits that are no code of the time.
    func wrong(_ totp: TOTP) -> String {
        let now = TOTP.step(at: clock.now)
        let good = Set((-1...1).map { totp.code(step: now + $0) })
        return ["000000", "111111", "222222"].first { !good.contains($0) } ?? "333333"
    }

    func prove(_ member: String, _ proof: String) async throws -> Answer {
        let challenge = try #require(try await logIn().json["challenge"]?.string)
        return try await fixture.send(
            .post, "/v1/sessions/second-factor", Self.body(["challenge": challenge, member: proof]))
    }

    // MARK: - Tokens

    func introspect(_ token: String, by issuer: String = "payments-service") async throws -> Answer {
        try await fixture.send(
            .post, "/internal/v1/introspect", "token=\(token)", identity: try fixture.identity(issuer),
            fields: [.contentType: "application/x-www-form-urlencoded"])
    }

    func isActive(_ token: String) async throws -> Bool {
        try await introspect(token).json["active"]?.bool == true
    }

    /// What a caller gets who shows this as the identity of a service.
    func status(showing identity: String?) async throws -> Int {
        try await fixture.send(.get, "/v1/users/me", identity: identity).status
    }
}

extension TOTP {
    /// A secret as it is typed in: base 32 (RFC 4648 §6).
    init(text: String) throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = try text.flatMap { character -> [Bool] in
            let value = try #require(alphabet.firstIndex(of: character))
            return (0..<5).map { value >> (4 - $0) & 1 == 1 }
        }
        self.init(
            secret: stride(from: 0, to: bits.count, by: 8).map { start in
                bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
            })
    }
}
