import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage
import Storage
import Testing

@testable import UserService

@Suite struct LockAndRoleTests {
    private let admins: AdminFixture

    init() async throws { admins = try await AdminFixture() }

    private var fixture: RouteFixture { admins.fixture }

    private func logIn(_ password: String = RouteFixture.password) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(password)"}"#)
    }

    // MARK: - Locks

    @Test func aLockedUserHasNoSessionAndGetsNone() async throws {
        let locked = try await admins.lock(admins.ada, as: admins.support, reason: "asked for by phone")
        #expect(locked.status == 200 && locked.json["state"]?.string == "locked")
        #expect(locked.json["lock_reason"]?.string == "asked for by phone" && locked.fields[.eTag] == "\"2\"")
        #expect(try await fixture.refresh(admins.ada.refreshToken).status == 401)
        #expect(try await fixture.send(.get, "/v1/users/me", as: admins.ada).code == "session_revoked")
        let events = try await fixture.store.events()
        #expect(events.contains("user.locked") && events.contains("session.revoked"))

        // Only the owner of the password learns of it.
        let right = try await logIn()
        #expect(right.status == 403 && right.code == "account_locked")
        let (wrong, unknown) = (
            try await logIn("another password"),
            try await fixture.send(.post, "/v1/sessions", #"{"email":"nobody@example.com","password":"long enough"}"#)
        )
        #expect(wrong.status == 401 && wrong.text == unknown.text)
    }

    @Test func unlockingLetsTheUserInAgain() async throws {
        _ = try await admins.lock(admins.ada, as: admins.support)
        let path = "/users/\(admins.ada.userID)/unlock"
        let unlocked = try await admins.send(.post, path, as: admins.support)
        #expect(unlocked.status == 200 && unlocked.json["state"]?.string == "active")
        #expect(unlocked.json["lock_reason"] == .null)
        #expect(try await logIn().status == 201)
        #expect(try await fixture.refresh(admins.ada.refreshToken).status == 401)
        #expect(try await fixture.store.events().contains("user.unlocked"))
    }

    /// Keys are kept, but neither accepted here nor given to any gateway until the user is unlocked.
    @Test func aLockedUsersKeysAreHeldBack() async throws {
        let key = try await fixture.store.addKey(of: admins.ada.userID)
        let identity = try fixture.identity(user: admins.ada.userID, key: key.id, scopes: ["users:read"])
        /// Accepted here, in the snapshot, found by its hash.
        func state() async throws -> [Bool] {
            let answer = try await fixture.send(.get, "/v1/users/me", identity: identity)
            let snapshot = try await fixture.store.feed.snapshot(after: nil, limit: 10)
            let found = try await fixture.store.feed.key(hash: key.hash).key
            return [answer.status == 200, snapshot.keys.contains { $0.id == key.id }, found != nil]
        }
        #expect(try await state() == [true, true, true])
        _ = try await admins.lock(admins.ada, as: admins.admin)
        #expect(try await state() == [false, false, false])
        _ = try await admins.send(.post, "/users/\(admins.ada.userID)/unlock", as: admins.admin)
        #expect(try await state() == [true, true, true])
    }

    @Test func lockingTwiceIsLockingOnce() async throws {
        let first = try await admins.lock(admins.ada, as: admins.admin, reason: "first")
        let again = try await admins.lock(admins.ada, as: admins.admin, reason: "second")
        #expect(again.status == 200 && again.json["lock_reason"]?.string == "first")
        #expect(first.fields[.eTag] == again.fields[.eTag])
        #expect(try await fixture.store.events().filter { $0 == "user.locked" }.count == 1)
        #expect(try await admins.lines("&action=user.lock").count == 1)
    }

    // MARK: - Roles

    @Test func aRefreshIssuesTheRolesOfNow() async throws {
        func claims(_ answer: RouteFixture.Answer) throws -> JSONValue {
            try fixture.claims(of: try #require(answer.json["access_token"]?.string))
        }
        let before = try claims(try await logIn())
        #expect(before["roles"]?.strings == ["user"] && before["scope"]?.string?.contains("admin") == false)
        let changed = try await admins.setRoles(["admin", "support"], of: admins.ada, as: admins.admin)
        #expect(changed.status == 200 && changed.json["roles"]?.strings == ["user", "support", "admin"])
        let after = try claims(try await fixture.refresh(admins.ada.refreshToken))
        #expect(after["roles"]?.strings == ["user", "support", "admin"])
        #expect(after["scope"]?.string?.split(separator: " ").last == "admin")
        #expect(try await fixture.store.events().last == "user.roles_changed")
        // The same again is no change.
        _ = try await admins.setRoles(["support", "admin", "user"], of: admins.ada, as: admins.admin)
        #expect(try await fixture.store.events().filter { $0 == "user.roles_changed" }.count == 1)
    }

    @Test func nobodyLocksHimselfOrChangesHisOwnRoles() async throws {
        let answers = [
            try await admins.lock(admins.support, as: admins.support),
            try await admins.lock(admins.admin, as: admins.admin),
            try await admins.setRoles(["user"], of: admins.admin, as: admins.admin),
        ]
        #expect(answers.allSatisfy { $0.status == 409 && $0.code == "own_account" })
    }

    /// A locked admin does not count: somebody has to be left who can act.
    @Test func theLastAdminStays() async throws {
        try await admins.give("admin", to: admins.ada.userID)
        try await admins.give("admin", to: admins.grace.userID)
        #expect(try await admins.lock(admins.ada, as: admins.admin).status == 200)
        #expect(try await admins.lock(admins.admin, as: admins.grace).status == 200)
        // Grace is the last one; Ada and the first admin are locked, so nobody can do this to Grace but Grace.
        #expect(try await admins.setRoles([], of: admins.grace, as: admins.grace).code == "own_account")
        let store = UserServiceAdministration.store(admins.fixture)
        let ada = AdministrationStore.Actor(
            rules: .init(id: admins.ada.userID, roles: Roles([.admin])),
            origin: AuditOrigin(actor: admins.ada.userID, address: nil, requestID: nil))
        let (locked, demoted) = (
            try await store.lock(admins.grace.userID, reason: "x", by: ada) { _ in true },
            try await store.setRoles(of: admins.grace.userID, to: .none, by: ada) { _ in true }
        )
        #expect(locked == .refused(.lastAdmin) && demoted == .refused(.lastAdmin))
    }

    @Test func changesAreConditional() async throws {
        let path = "/users/\(admins.ada.userID)"
        let stale: HTTPFields = [.ifMatch: "\"7\""]
        let answers = [
            try await admins.send(.put, "\(path)/roles", #"{"roles":["support"]}"#, as: admins.admin, fields: stale),
            try await admins.send(.post, "\(path)/lock", #"{"reason":"x"}"#, as: admins.admin, fields: stale),
            try await admins.send(.post, "\(path)/unlock", as: admins.admin, fields: stale),
        ]
        #expect(answers.allSatisfy { $0.status == 412 })
        let right = try await admins.send(
            .put, "\(path)/roles", #"{"roles":["support"]}"#, as: admins.admin, fields: [.ifMatch: "\"1\""])
        #expect(right.status == 200 && right.fields[.eTag] == "\"2\"")
    }

    @Test(
        arguments: [
            ("roles", #"{"roles":["root"]}"#), ("roles", #"{"roles":["admin","admin"]}"#), ("roles", #"{}"#),
            ("roles", #"{"roles":["admin"],"id":"usr_1"}"#), ("roles", #"{"roles":"admin"}"#), ("lock", #"{}"#),
            ("lock", #"{"reason":""}"#), ("lock", #"{"reason":"two\nlines"}"#), ("lock", #"{"reason":"x","until":1}"#),
        ])
    func badBodiesAreRefused(path: String, body: String) async throws {
        let answer = try await admins.send(
            path == "lock" ? .post : .put, "/users/\(admins.ada.userID)/\(path)", body, as: admins.admin)
        #expect(answer.status == 422, "\(answer.text)")
    }

    /// What only the program decides is no part of any body (OWASP ASVS 5.0, 15.3.3).
    @Test(arguments: [
        #""roles":["admin"]"#, #""id":"usr_1""#, #""created_at":"2026-01-01T00:00:00Z""#, #""version":9"#,
    ])
    func nobodyGivesHimselfWhatIsNotHis(member: String) async throws {
        let signUp = try await fixture.send(
            .post, "/v1/users", #"{"email":"eve@example.com","password":"long enough","name":"Eve",\#(member)}"#)
        let profile = try await fixture.send(.patch, "/v1/users/me", #"{"name":"Ada",\#(member)}"#, as: admins.ada)
        #expect(signUp.status == 422 && profile.status == 422)
    }
}

/// The store behind the routes, for acts that no request can bring about.
enum UserServiceAdministration {
    static func store(_ fixture: RouteFixture) -> AdministrationStore {
        AdministrationStore(
            database: fixture.store.database, clock: fixture.store.clock, identifiers: fixture.store.identifiers,
            policy: fixture.store.policy, refusals: RefusalAllowance())
    }
}
