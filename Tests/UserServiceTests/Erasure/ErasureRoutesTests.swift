import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct ErasureRoutesTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private func erase(_ login: RouteFixture.Login) async throws -> RouteFixture.Answer {
        try await fixture.send(.delete, "/v1/users/me", as: login)
    }

    @Test func afterwardsNothingOpensAnything() async throws {
        let login = try await fixture.logIn()
        let other = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        let second = try #require(other.json["refresh_token"]?.string)
        #expect(try await erase(login).status == 204)
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).code == "session_revoked")
        #expect(try await erase(login).code == "session_revoked")
        for token in [login.refreshToken, second] {
            #expect(try await fixture.refresh(token).code == "invalid_refresh_token")
        }
        let again = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        #expect(again.code == "invalid_credentials")
        // The address may be signed up again, as somebody new.
        #expect(try await fixture.logIn().userID != login.userID)
    }

    @Test func moneyLeftIsAConflictThatChangesNothing() async throws {
        let login = try await fixture.logIn()
        fixture.payments.answer(.moneyLeft, .closed)
        let refused = try await erase(login)
        #expect((refused.status, refused.code) == (409, "money_left"))
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).status == 200)
        #expect(try await erase(login).status == 204)
    }

    @Test func withoutAnAnswerTheWishIsKept() async throws {
        let login = try await fixture.logIn()
        fixture.payments.answer(.unknown, .closed)
        let pending = try await erase(login)
        #expect(pending.status == 202 && pending.json["status"] == .string("pending"))
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).status == 200)
        // Asking again takes the next step at once.
        #expect(try await erase(login).status == 204)
        #expect(fixture.payments.asked == [login.userID, login.userID])
    }

    @Test func anOldLoginIsNotEnough() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(seconds: 300)
        fixture.payments.answer(.unknown)
        #expect(try await erase(login).status == 202)
        fixture.store.clock.advance(milliseconds: 1)
        let refused = try await erase(login)
        #expect((refused.status, refused.code) == (401, "insufficient_user_authentication"))
        #expect(refused.fields[.wwwAuthenticate]?.contains("max_age=\"300\"") == true)
        #expect(fixture.payments.asked.count == 1)
    }

    @Test func aKeyErasesNobody() async throws {
        let login = try await fixture.logIn()
        let key = try await fixture.store.addKey(of: login.userID)
        let byKey = try await fixture.send(
            .delete, "/v1/users/me", identity: fixture.identity(user: login.userID, key: key.id))
        #expect((byKey.status, byKey.code) == (403, "session_required"))
        let unscoped = try await fixture.send(
            .delete, "/v1/users/me",
            identity: fixture.identity(user: login.userID, session: login.sessionID, scopes: ["users:read"]))
        #expect((unscoped.status, unscoped.code) == (403, "insufficient_scope"))
        #expect(fixture.payments.asked.isEmpty)
    }
}
