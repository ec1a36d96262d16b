import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct UserSessionTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private static let forwarded = HTTPField.Name("X-Forwarded-For")!

    /// Another session of the user who signed up with `email`.
    private func another(_ email: String = "ada@example.com", fields: HTTPFields = [:]) async throws
        -> RouteFixture.Login
    {
        let answer = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"\#(email)","password":"\#(RouteFixture.password)"}"#, fields: fields)
        let token = try #require(answer.json["access_token"]?.string)
        let claims = try fixture.claims(of: token)
        return RouteFixture.Login(
            userID: try #require(claims["sub"]?.string), sessionID: try #require(claims["sid"]?.string),
            accessToken: token, refreshToken: try #require(answer.json["refresh_token"]?.string))
    }

    private func ids(_ login: RouteFixture.Login, _ query: String = "") async throws -> [String] {
        let answer = try await fixture.send(.get, "/v1/users/me/sessions\(query)", as: login)
        #expect(answer.status == 200)
        return (answer.json["data"]?.array ?? []).compactMap { $0["id"]?.string }
    }

    @Test func theyAreListedNewestFirstWithWhatTheyAreRecognisedBy() async throws {
        let first = try await fixture.logIn()
        _ = try await fixture.logIn("grace@example.com")
        fixture.store.clock.advance(seconds: 60)
        let second = try await another(
            fields: [Self.forwarded: "203.0.113.7", .userAgent: "curl/8.5.0\u{7}"])
        let answer = try await fixture.send(.get, "/v1/users/me/sessions", as: second)
        #expect(answer.fields[.cacheControl] == "no-store")
        let list = try #require(answer.json["data"]?.array)
        #expect(list.compactMap { $0["id"]?.string } == [second.sessionID, first.sessionID])
        #expect(list.map { $0["current"] == .bool(true) } == [true, false])
        #expect(list[0]["client_address"]?.string == "203.0.113.7" && list[0]["user_agent"]?.string == "curl/8.5.0")
        #expect(list[1]["client_address"] == .null && list[1]["user_agent"] == .null)
        let now = RFC3339.string(fixture.store.clock.now)
        #expect(list[0]["created_at"] == .string(now) && list[0]["last_seen_at"] == .string(now))
        #expect(list[0]["acr"]?.string == "urn:tollgate:acr:password" && list[0]["authenticated_at"] == .string(now))
    }

    @Test func aRefreshIsSeen() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(seconds: 600)
        let body = #"{"refresh_token":"\#(login.refreshToken)"}"#
        let fields: HTTPFields = [Self.forwarded: "2001:db8::9, 10.0.0.1", .userAgent: "phone"]
        #expect(try await fixture.send(.post, "/v1/tokens/refresh", body, fields: fields).status == 200)
        let answer = try await fixture.send(.get, "/v1/users/me/sessions", as: login)
        let session = try #require(answer.json["data"]?[0])
        #expect(session["client_address"]?.string == "2001:db8::9" && session["user_agent"]?.string == "phone")
        #expect(session["last_seen_at"] == .string(RFC3339.string(fixture.store.clock.now)))
        #expect(session["authenticated_at"] == session["created_at"])
    }

    @Test func pagesFollowEachOther() async throws {
        let login = try await fixture.logIn()
        for _ in 0..<4 { _ = try await another() }
        let all = try await ids(login)
        #expect(all.count == 5 && all == all.sorted(by: >))
        let page = try await fixture.send(.get, "/v1/users/me/sessions?limit=2", as: login)
        let cursor = try #require(page.json["next_cursor"]?.string)
        #expect(try await ids(login, "?limit=100&cursor=\(cursor)") == Array(all.dropFirst(2)))
        #expect(try await fixture.send(.get, "/v1/users/me/sessions?cursor=x", as: login).status == 400)
    }

    @Test func whatIsOverIsNotListed() async throws {
        let login = try await fixture.logIn()
        let (_, gone) = (try await another(), try await another())
        #expect(try await fixture.send(.delete, "/v1/sessions/current", as: gone).status == 204)
        #expect(try await ids(login).count == 2)
        fixture.store.clock.advance(milliseconds: fixture.store.policy.idle)
        let late = try await another()
        #expect(try await ids(late) == [late.sessionID])
    }

    @Test func oneIsEnded() async throws {
        let (ada, grace) = (try await fixture.logIn(), try await fixture.logIn("grace@example.com"))
        let other = try await another()
        for id in [grace.sessionID, "ses_00000000000000000000000009", "ses_0", "current", other.userID] {
            #expect(try await fixture.send(.delete, "/v1/users/me/sessions/\(id)", as: ada).status == 404)
        }
        #expect(try await fixture.send(.delete, "/v1/users/me/sessions/\(other.sessionID)", as: ada).status == 204)
        #expect(try await fixture.send(.delete, "/v1/users/me/sessions/\(other.sessionID)", as: ada).status == 404)
        #expect(try await fixture.refresh(other.refreshToken).status == 401)
        #expect(try await fixture.send(.get, "/v1/users/me", as: other).code == "session_revoked")
        #expect(try await fixture.store.sessions.session(id: other.sessionID)?.revocation == .user)
        for login in [ada, grace] { #expect(try await fixture.send(.get, "/v1/users/me", as: login).status == 200) }
    }

    @Test func allOthersAreEndedAndTheFeedTells() async throws {
        let (ada, grace) = (try await fixture.logIn(), try await fixture.logIn("grace@example.com"))
        let others = [try await another(), try await another()]
        let before = try await fixture.store.events().count
        #expect(try await fixture.send(.delete, "/v1/users/me/sessions", as: ada).status == 204)
        #expect(try await ids(ada) == [ada.sessionID])
        for other in others { #expect(try await fixture.refresh(other.refreshToken).status == 401) }
        for login in [ada, grace] { #expect(try await fixture.refresh(login.refreshToken).status == 200) }
        let told = try await fixture.store.events().dropFirst(before)
        #expect(Array(told) == ["session.revoked", "session.revoked"])
        #expect(try await fixture.send(.delete, "/v1/users/me/sessions", as: ada).status == 204)
    }

    @Test func keysAndTokensWithoutTheScopeManageNoSessions() async throws {
        let login = try await fixture.logIn()
        for (method, path) in [
            (HTTPRequest.Method.get, ""), (.delete, ""), (.delete, "/\(login.sessionID)"),
        ] {
            let target = "/v1/users/me/sessions\(path)"
            let weak = try fixture.identity(user: login.userID, session: login.sessionID, scopes: ["accounts:read"])
            #expect(try await fixture.send(method, target, identity: weak).code == "insufficient_scope")
            let key = try fixture.identity(user: login.userID, key: "key_1")
            #expect(try await fixture.send(method, target, identity: key).code == "session_required")
            #expect(try await fixture.send(method, target).status == 401)
        }
        #expect(try await fixture.refresh(login.refreshToken).status == 200)
    }
}
