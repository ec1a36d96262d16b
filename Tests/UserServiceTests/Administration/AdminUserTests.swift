import Chassis
import HTTP
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct AdminUserTests {
    private let admins: AdminFixture

    init() async throws { admins = try await AdminFixture() }

    private var fixture: RouteFixture { admins.fixture }

    // MARK: - Who may

    private static let paths: [(HTTPRequest.Method, String, String?)] = [
        (.get, "/users", nil), (.get, "/users/ID", nil), (.post, "/users/ID/lock", #"{"reason":"x"}"#),
        (.post, "/users/ID/unlock", nil), (.put, "/users/ID/roles", #"{"roles":["admin"]}"#),
        (.get, "/users/ID/sessions", nil), (.delete, "/users/ID/sessions", nil), (.get, "/audit", nil),
    ]

    /// Whatever the token says: the roles of now decide.
    @Test func aUserIsRefusedEverywhere() async throws {
        for (method, path, body) in Self.paths {
            let path = path.replacing("ID", with: admins.grace.userID)
            let answer = try await admins.send(method, path, body, as: admins.ada)
            #expect(answer.status == 403 && answer.code == "insufficient_role", "\(method) \(path) \(answer.text)")
        }
        #expect(try await fixture.store.events().filter { $0.hasPrefix("user.l") || $0.contains("roles") }.isEmpty)
        let refused = try await admins.lines().filter { $0["outcome"]?.string == "refused" }
        #expect(refused.count == Self.paths.count)
        #expect(
            refused.allSatisfy { $0["actor"]?.string == admins.ada.userID && $0["code"]?.string == "insufficient_role" }
        )
    }

    @Test func supportDoesAllButRolesAndTheLog() async throws {
        for (method, path, body) in Self.paths {
            let path = path.replacing("ID", with: admins.grace.userID)
            let answer = try await admins.send(method, path, body, as: admins.support)
            let isAdmins = path.hasSuffix("/roles") || path == "/audit"
            #expect((answer.status == 403) == isAdmins, "\(method) \(path) \(answer.text)")
            #expect(isAdmins || (200..<300).contains(answer.status), "\(method) \(path) \(answer.text)")
        }
    }

    @Test func supportDoesNotTouchColleagues() async throws {
        try await admins.give("support", to: admins.ada.userID)
        for target in [admins.ada, admins.admin] {
            let answers = [
                try await admins.lock(target, as: admins.support),
                try await admins.send(.post, "/users/\(target.userID)/unlock", as: admins.support),
                try await admins.send(.delete, "/users/\(target.userID)/sessions", as: admins.support),
            ]
            #expect(answers.allSatisfy { $0.status == 403 && $0.code == "insufficient_role" })
        }
    }

    @Test func theTokenNeedsTheScope() async throws {
        let answer = try await admins.send(
            .put, "/users/\(admins.ada.userID)/roles", #"{"roles":[]}"#, as: admins.admin,
            scopes: AccessTokenIssuer.scopes)
        #expect(answer.status == 403 && answer.code == "insufficient_scope")
    }

    @Test func aKeyIsNoAdmin() async throws {
        let identity = try fixture.identity(
            user: admins.admin.userID, key: "key_1", scopes: AccessTokenIssuer.scopes + ["admin"])
        let answer = try await fixture.send(.get, "/v1/admin/users", identity: identity)
        #expect(answer.status == 403 && answer.code == "session_required")
    }

    /// Who was an admin a moment ago and has a good token still is none.
    @Test func aDemotedAdminIsRefusedAtOnce() async throws {
        try await admins.give("admin", to: admins.ada.userID)
        #expect(try await admins.setRoles([], of: admins.admin, as: admins.ada).status == 200)
        let answer = try await admins.send(.get, "/users", as: admins.admin)
        #expect(answer.status == 403 && answer.code == "insufficient_role")
    }

    // MARK: - Reading

    @Test func usersAreListedNewestFirstAndFiltered() async throws {
        func ids(_ query: String) async throws -> [String] {
            let answer = try await admins.send(.get, "/users?\(query)", as: admins.support)
            #expect(answer.status == 200, "\(answer.text)")
            return (answer.json["data"]?.array ?? []).compactMap { $0["id"]?.string }
        }
        let (ada, grace, support, admin) = (
            admins.ada.userID, admins.grace.userID, admins.support.userID, admins.admin.userID
        )
        #expect(try await ids("") == [admin, support, grace, ada])
        #expect(try await ids("role=admin") == [admin])
        #expect(try await ids("role=support") == [support])
        #expect(try await ids("role=user").count == 4)
        #expect(try await ids("email=ADA@example.com") == [ada])
        #expect(try await ids("email=nobody@example.com").isEmpty)
        #expect(try await ids("email_prefix=GRA") == [grace])
        #expect(try await ids("email_prefix=%25ra").isEmpty)
        _ = try await admins.lock(admins.grace, as: admins.admin)
        #expect(try await ids("status=locked") == [grace])
        #expect(try await ids("status=active") == [admin, support, ada])
        #expect(try await ids("status=locked&email_prefix=grace") == [grace])
        #expect(try await ids("status=active&email=grace@example.com").isEmpty)
    }

    @Test func listsArePaged() async throws {
        var seen: [String] = []
        var cursor: String?
        repeat {
            let query = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await admins.send(.get, "/users?limit=3\(query)", as: admins.admin)
            seen += (page.json["data"]?.array ?? []).compactMap { $0["id"]?.string }
            cursor = page.json["next_cursor"]?.string
        } while cursor != nil
        #expect(seen.count == 4 && Set(seen).count == 4)
    }

    @Test(
        arguments: [
            "status=gone", "role=root", "email=nobody", "email_prefix=ab", "email_prefix=a%00b",
            "email=ada@example.com&email_prefix=ada", "limit=0", "cursor=x",
        ])
    func badQueriesAreRefused(query: String) async throws {
        #expect(try await admins.send(.get, "/users?\(query)", as: admins.admin).status == 400)
    }

    @Test func aUserIsShownWithStateAndSessions() async throws {
        fixture.store.clock.advance(seconds: 60)
        _ = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        let answer = try await admins.send(.get, "/users/\(admins.ada.userID)", as: admins.support)
        #expect(answer.status == 200 && answer.fields[.eTag] == "\"1\"" && answer.fields[.cacheControl] == "no-store")
        #expect(answer.json["email"]?.string == "ada@example.com" && answer.json["state"]?.string == "active")
        #expect(answer.json["roles"]?.strings == ["user"] && answer.json["sessions"] == .integer(2))
        #expect(answer.json["last_login_at"]?.string != answer.json["created_at"]?.string)
        #expect(answer.json["lock_reason"] == .null && answer.json["password_hash"] == nil)
        for id in ["usr_00000000000000000000000zzz", "nobody"] {
            #expect(try await admins.send(.get, "/users/\(id)", as: admins.admin).status == 404)
        }
    }

    @Test func sessionsAreListedAndEnded() async throws {
        let path = "/users/\(admins.ada.userID)/sessions"
        let listed = try await admins.send(.get, path, as: admins.support)
        #expect(listed.json["data"]?.array?.compactMap { $0["id"]?.string } == [admins.ada.sessionID])
        #expect(try await admins.send(.delete, path, as: admins.support).status == 204)
        #expect(try await admins.send(.get, path, as: admins.support).json["data"]?.array == [])
        #expect(try await fixture.refresh(admins.ada.refreshToken).status == 401)
        #expect(try await fixture.refresh(admins.grace.refreshToken).status == 200)
        #expect(try await fixture.store.events().last { $0.hasPrefix("session.r") } == "session.revoked")
        // Nobody is kept from ending his own.
        let own = try await admins.send(.delete, "/users/\(admins.support.userID)/sessions", as: admins.support)
        #expect(own.status == 204)
    }
}
