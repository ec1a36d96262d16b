import Chassis
import HTTPTypes
import Storage
import Testing

@testable import UserService

/// Guessing at passwords, as a client sees it.
@Suite struct LoginLimitTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture(limits: .on) }

    private func logIn(
        _ password: String, _ email: String = "ada@example.com", from address: String = "192.0.2.1"
    ) async throws -> RouteFixture.Answer {
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        return try await fixture.send(
            .post, "/v1/sessions", #"{"email":"\#(email)","password":"\#(password)"}"#, fields: [name: address])
    }

    @Test func guessesHaveToWait() async throws {
        _ = try await fixture.logIn()
        for _ in 0..<6 { #expect(try await logIn("wrong").code == "invalid_credentials") }
        let refused = try await logIn(RouteFixture.password)
        #expect((refused.status, refused.code) == (429, "rate_limited"))
        #expect(refused.fields[.retryAfter] == "1")
        fixture.store.clock.advance(seconds: 1)
        #expect(try await logIn(RouteFixture.password).status == 201)
        // It forgets the failures.
        for _ in 0..<6 { #expect(try await logIn("wrong").status == 401) }
    }

    /// An account that does not exist has to wait just as long, in the same words.
    @Test func anUnknownAccountIsLimitedAlike() async throws {
        _ = try await fixture.logIn()
        for index in 0..<12 {
            let known = try await logIn("wrong", from: "192.0.2.1")
            let unknown = try await logIn("wrong", "nobody@example.com", from: "192.0.2.2")
            #expect(known.status == (index < 6 ? 401 : 429))
            #expect(known.status == unknown.status && known.bytes == unknown.bytes && known.fields == unknown.fields)
        }
    }

    /// A flood from everywhere slows strangers down and not the owner, where they have logged in before: not even after a
    /// restart, because the addresses are in the database.
    @Test func theOwnerGetsInWhileOthersGuess() async throws {
        _ = try await fixture.logIn()
        #expect(try await logIn(RouteFixture.password, from: "198.51.100.7").status == 201)
        for number in 0..<60 { _ = try await logIn("wrong", from: "203.0.113.\(number)") }
        #expect(try await logIn(RouteFixture.password, from: "203.0.113.99").status == 429)
        #expect(try await logIn(RouteFixture.password, from: "198.51.100.7").status == 201)
        let stored = try await fixture.store.database.read {
            try $0.all("SELECT address FROM known_addresses") { try $0.bytes(0) }
        }
        #expect(stored.count == 2 && stored.allSatisfy { $0.count == 32 })
        // Known for 90 days after the last login.
        fixture.store.clock.advance(milliseconds: KnownAddressStore.memory)
        for number in 0..<60 { _ = try await logIn("wrong", from: "203.0.113.\(number)") }
        #expect(try await logIn(RouteFixture.password, from: "198.51.100.7").status == 429)
    }

    @Test func theClientIsWhoTheGatewaySaysItIs() async throws {
        _ = try await fixture.logIn()
        for _ in 0..<7 { _ = try await logIn("wrong", from: "192.0.2.1, 10.0.0.1") }
        #expect(try await logIn(RouteFixture.password, from: "192.0.2.1").status == 429)
        #expect(try await logIn(RouteFixture.password, from: "192.0.2.2, 192.0.2.1").status == 201)
    }

    @Test func signUpsAreLimitedByAddress() async throws {
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        func signUp(_ number: Int, from address: String) async throws -> RouteFixture.Answer {
            try await fixture.send(
                .post, "/v1/users", #"{"email":"u\#(number)@example.com","password":"tollbooth 77","name":"U"}"#,
                fields: [name: address])
        }
        for number in 0..<20 { #expect(try await signUp(number, from: "192.0.2.1").status == 201) }
        let refused = try await signUp(20, from: "192.0.2.1")
        #expect((refused.status, refused.code) == (429, "rate_limited") && refused.fields[.retryAfter] == "3")
        #expect(try await signUp(20, from: "192.0.2.2").status == 201)
    }

    @Test func anAddressIsRememberedOnceADay() async throws {
        let login = try await fixture.logIn()
        func seen() async throws -> Int64 {
            try await fixture.store.database.read {
                try $0.first("SELECT max(seen_at) FROM known_addresses") { try $0.int64(0) } ?? 0
            }
        }
        let first = try await seen()
        fixture.store.clock.advance(seconds: 3_600)
        #expect(
            try await fixture.send(
                .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#
            ).status == 201)
        #expect(try await seen() == first)
        for number in 0..<30 {
            fixture.store.clock.advance(seconds: 86_400)
            #expect(try await logIn(RouteFixture.password, from: "192.0.2.\(number)").status == 201)
        }
        #expect(
            try await fixture.store.count("SELECT count(*) FROM known_addresses") == KnownAddressStore.maximumPerUser)
        #expect(!login.userID.isEmpty)
    }
}
