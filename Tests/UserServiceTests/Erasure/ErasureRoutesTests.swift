import Chassis
import HTTPTypes
import JSON
import Logging
import Storage
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

    /// The 202 was given; what came of it later is to be seen by its user and by the staff.
    @Test func aRefusalThatCameLaterIsShown() async throws {
        let admins = try await AdminFixture()
        let (fixture, login) = (admins.fixture, admins.ada)
        func status() async throws -> RouteFixture.Answer {
            try await fixture.send(.get, "/v1/users/me/erasure", as: login)
        }
        #expect(try await status().status == 404)
        fixture.payments.answer(.unknown, .moneyLeft, .unknown, .closed)
        let accepted = try await fixture.send(.delete, "/v1/users/me", as: login)
        #expect(accepted.status == 202 && accepted.fields[.location] == "/v1/users/me/erasure")
        let asked = RFC3339.string(fixture.store.clock.now)
        let pending = try await status()
        #expect(pending.text == #"{"status":"pending","requested_at":"\#(asked)","refused_at":null,"code":null}"#)
        #expect(pending.fields[.cacheControl] == "no-store")

        fixture.store.clock.advance(seconds: 1)
        let saga = ErasureSaga(
            store: ErasureStore(
                database: fixture.store.database, clock: fixture.store.clock, identifiers: fixture.store.identifiers),
            payments: fixture.payments, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try await saga.resume() == 1)
        #expect(try await saga.resume(all: true) == 0)
        let refused = RFC3339.string(fixture.store.clock.now)
        #expect(
            try await status().text
                == #"{"status":"refused","requested_at":"\#(asked)","refused_at":"\#(refused)","code":"money_left"}"#)
        let line = try #require(try await admins.lines("&action=user.erase").first)
        #expect(line["target"]?.string == login.userID && line["actor"]?.string == "system")
        #expect(line["outcome"]?.string == "refused" && line["code"]?.string == "money_left")
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).status == 200)
        let export = try await fixture.send(.get, "/v1/users/me/export", as: login)
        #expect(export.json["erasures"]?[0]?["refused_at"]?.string == refused)

        // Another wish begins anew, and is written down when it is carried out.
        #expect(try await fixture.send(.delete, "/v1/users/me", as: login).status == 202)
        #expect(try await status().json["status"]?.string == "pending")
        #expect(try await saga.resume(all: true) == 1)
        #expect(try await fixture.send(.get, "/v1/users/me/erasure", as: login).code == "session_revoked")
        #expect(try await admins.lines("&action=user.erase").map { $0["outcome"]?.string } == ["done", "refused"])
    }

    /// Who waits for the answer is told, and nothing is left to be told again.
    @Test func aRefusalAtOnceLeavesNothing() async throws {
        let login = try await fixture.logIn()
        fixture.payments.answer(.unknown, .moneyLeft)
        #expect(try await erase(login).status == 202)
        #expect(try await erase(login).status == 409)
        #expect(try await fixture.send(.get, "/v1/users/me/erasure", as: login).status == 404)
        #expect(try await fixture.store.count("SELECT count(*) FROM audit_log") == 0)
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
