import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct ProfileTests {
    private let fixture: RouteFixture
    private let login: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        login = try await fixture.logIn()
    }

    private func rename(_ body: String, fields: HTTPFields = [:]) async throws -> RouteFixture.Answer {
        try await fixture.send(.patch, "/v1/users/me", body, as: login, fields: fields)
    }

    @Test func isTheCallersOwn() async throws {
        let other = try await fixture.logIn("eve@example.com")
        let answer = try await fixture.send(.get, "/v1/users/me", as: login)
        #expect(answer.status == 200 && answer.json["id"]?.string == login.userID)
        #expect(answer.json.object?.map(\.name) == ["id", "email", "email_verified", "name", "created_at"])
        #expect(answer.fields[.eTag] == "\"1\"" && answer.fields[.cacheControl] == "private, no-cache")
        #expect(try await fixture.send(.get, "/v1/users/me", as: other).json["email"]?.string == "eve@example.com")
    }

    @Test func aSessionOfAnotherUserOpensNothing() async throws {
        let other = try await fixture.logIn("eve@example.com")
        let mixed = try fixture.identity(user: login.userID, session: other.sessionID)
        #expect(try await fixture.send(.get, "/v1/users/me", identity: mixed).code == "session_revoked")
    }

    /// Who holds the compressed form, whose tag is weak, is told that one again.
    @Test(arguments: [
        ("\"1\"", 304, "\"1\""), ("W/\"1\"", 304, "W/\"1\""), ("*", 304, "\"1\""), ("\"0\", \"1\"", 304, "\"1\""),
        ("\"2\"", 200, "\"1\""),
    ])
    func answers304ToWhoHasIt(_ held: String, _ status: Int, _ tag: String) async throws {
        let answer = try await fixture.send(.get, "/v1/users/me", as: login, fields: [.ifNoneMatch: held])
        #expect(answer.status == status && answer.fields[.eTag] == tag)
    }

    @Test func changesTheName() async throws {
        let answer = try await rename(#"{"name":"Augusta"}"#)
        #expect(answer.status == 200 && answer.json["name"]?.string == "Augusta")
        #expect(answer.fields[.eTag] == "\"2\"")
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).json["name"]?.string == "Augusta")
    }

    @Test(arguments: [
        ("\"1\"", 200), ("*", 200), ("\"7\", \"1\"", 200), ("\"2\"", 412), ("W/\"1\"", 412), ("1", 412), ("", 412),
    ])
    func changesOnlyWhatWasSeen(_ tag: String, _ status: Int) async throws {
        let answer = try await rename(#"{"name":"Augusta"}"#, fields: [.ifMatch: tag])
        #expect(answer.status == status)
        #expect(status == 200 || answer.code == "precondition_failed")
    }

    @Test func ofTwoThatSawTheSameOneWins() async throws {
        #expect(try await rename(#"{"name":"One"}"#, fields: [.ifMatch: "\"1\""]).status == 200)
        #expect(try await rename(#"{"name":"Two"}"#, fields: [.ifMatch: "\"1\""]).status == 412)
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).json["name"]?.string == "One")
    }

    @Test(arguments: [
        (#"{}"#, 422), (#"{"name":""}"#, 422), (#"{"name":null}"#, 422), (#"{"name":"A","email":"x@y.zz"}"#, 422),
        (#"{"name":"A","password":"lake 5678"}"#, 422), (#"{"name":"A""#, 400),
    ])
    func changesNothingElse(_ body: String, _ status: Int) async throws {
        #expect(try await rename(body).status == status)
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).fields[.eTag] == "\"1\"")
    }

    @Test func needsTheScope() async throws {
        let reader = try fixture.identity(user: login.userID, session: login.sessionID, scopes: ["users:read"])
        #expect(try await fixture.send(.get, "/v1/users/me", identity: reader).status == 200)
        let answer = try await fixture.send(.patch, "/v1/users/me", #"{"name":"A"}"#, identity: reader)
        #expect((answer.status, answer.code) == (403, "insufficient_scope"))
    }

    @Test func whoActsWithoutASessionIsServed() async throws {
        let key = try fixture.identity(user: login.userID)
        #expect(try await fixture.send(.get, "/v1/users/me", identity: key).status == 200)
        let answer = try await fixture.send(.delete, "/v1/sessions/current", identity: key)
        #expect((answer.status, answer.code) == (403, "session_required"))
    }
}

@Suite struct LogoutTests {
    @Test func endsTheSessionAtOnce() async throws {
        let fixture = try await RouteFixture()
        let login = try await fixture.logIn()
        let answer = try await fixture.send(.delete, "/v1/sessions/current", as: login)
        #expect(answer.status == 204 && answer.bytes.isEmpty)
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).code == "session_revoked")
        #expect(try await fixture.send(.patch, "/v1/users/me", #"{"name":"A"}"#, as: login).status == 401)
        #expect(try await fixture.refresh(login.refreshToken).status == 401)
        let again = try await fixture.send(.delete, "/v1/sessions/current", as: login)
        #expect((again.status, again.code) == (401, "session_revoked"))
    }
}
