import Chassis
import HTTP
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct ExportTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    @Test func bothServicesPartsAreOneDocument() async throws {
        let login = try await fixture.logIn()
        let key = try await fixture.store.addKey(of: login.userID)
        _ = try await fixture.store.addKey(of: try await fixture.store.addUser("bob@example.com").id)
        fixture.payments.export([#"{"accounts":[{"id":"#, #""acct_1"}]}"#])
        let answer = try await fixture.send(.get, "/v1/users/me/export", as: login)
        #expect(answer.status == 200)
        #expect(answer.fields[.contentType] == "application/json")
        #expect(answer.fields[.contentDisposition] == "attachment; filename=\"tollgate-export.json\"")
        #expect(answer.fields[.cacheControl] == "no-store")
        let document = answer.json
        #expect(document["exported_at"] == .string(RFC3339.string(fixture.store.clock.now)))
        #expect(document["user"]?["id"] == .string(login.userID))
        #expect(document["user"]?["email"] == .string("ada@example.com"))
        #expect(document["sessions"]?.array?.compactMap { $0["id"]?.string } == [login.sessionID])
        #expect(document["api_keys"]?.array?.compactMap { $0["id"]?.string } == [key.id])
        #expect(document["payments_service"]?["accounts"]?[0]?["id"] == .string("acct_1"))
        #expect(
            document.object?.map(\.name) == ["exported_at", "user"] + ExportSection.all.map(\.name)
                + ["payments_service"])
    }

    @Test func whatProvesSomethingToUsStaysHere() async throws {
        let login = try await fixture.logIn()
        _ = try await fixture.store.addKey(of: login.userID)
        let text = try await fixture.send(.get, "/v1/users/me/export", as: login).text
        #expect(!text.contains("scrypt") && !text.contains("hash") && !text.contains("salt"))
        #expect(!text.contains(login.refreshToken))
    }

    @Test func longListsComePageByPage() async throws {
        let login = try await fixture.logIn()
        for _ in 0..<24 { _ = try await fixture.store.begin(login.userID) }
        let whole = try await exported(login.userID, pageSize: 1_000)
        for pageSize in [1, 5, 25, 26] {
            let paged = try await exported(login.userID, pageSize: pageSize)
            #expect(paged.bytes == whole.bytes)
            if pageSize == 1 { #expect(paged.largest * 4 < whole.largest) }
        }
        #expect(try JSONValue(parsing: whole.bytes)["sessions"]?.array?.count == 25)
    }

    private func exported(_ user: String, pageSize: Int) async throws -> CollectingSink {
        let sink = CollectingSink()
        let store = ExportStore(
            database: fixture.store.database, clock: fixture.store.clock, pageSize: pageSize)
        let pieces = try await fixture.payments.export(of: user, origin: try Request(target: "/").context)
        try await UserExport(store: store, userID: user).write(to: BodyWriter(sink), payments: pieces)
        return sink
    }

    @Test func halfOfItIsNotGiven() async throws {
        let login = try await fixture.logIn()
        fixture.payments.export(nil)
        let answer = try await fixture.send(.get, "/v1/users/me/export", as: login)
        #expect((answer.status, answer.code) == (503, "export_unavailable"))
        #expect(answer.fields[.retryAfter] == "5")
    }

    @Test func aKeyExportsNothing() async throws {
        let login = try await fixture.logIn()
        let key = try await fixture.store.addKey(of: login.userID)
        let byKey = try await fixture.send(
            .get, "/v1/users/me/export", identity: fixture.identity(user: login.userID, key: key.id))
        #expect((byKey.status, byKey.code) == (403, "session_required"))
        for missing in ["users:read", "accounts:read", "payments:read"] {
            let scopes = AccessTokenIssuer.scopes.filter { $0 != missing }
            let answer = try await fixture.send(
                .get, "/v1/users/me/export",
                identity: fixture.identity(user: login.userID, session: login.sessionID, scopes: scopes))
            #expect(answer.status == 403, "\(missing)")
        }
    }

    /// The staff's acts on the user are the user's business; who acted and from where, and what an act of the user's own
    /// changed about somebody else, is not.
    @Test func theAuditLogShowsNobodyElse() async throws {
        let admins = try await AdminFixture()
        #expect(try await admins.lock(admins.grace, as: admins.support, reason: "a secret of Grace").status == 200)
        #expect(try await admins.setRoles(["support"], of: admins.ada, as: admins.admin).status == 200)
        #expect(try await admins.send(.get, "/audit", as: admins.support).status == 403)
        let others = [admins.grace, admins.ada, admins.admin].map(\.userID)
        let support = try await admins.fixture.send(.get, "/v1/users/me/export", as: admins.support)
        let lines = try #require(support.json["audit_log"]?.array)
        #expect(lines.map { $0["action"]?.string } == ["user.lock", "audit.read"])
        #expect(lines.allSatisfy { $0["before"] == .null && $0["after"] == .null })
        #expect(!support.text.contains("a secret of Grace") && !support.text.contains("203.0.113.5"))
        for other in others { #expect(!support.text.contains(other)) }

        let ada = try await admins.fixture.send(.get, "/v1/users/me/export", as: admins.ada)
        let line = try #require(ada.json["audit_log"]?[0])
        #expect(line["action"]?.string == "user.set_roles")
        #expect(line["before"]?["roles"]?.strings == ["user"])
        #expect(line["after"]?["roles"]?.strings == ["user", "support"])
        #expect(!ada.text.contains(admins.admin.userID) && !ada.text.contains("203.0.113.5"))
    }

    /// Tables that say nothing about a person beside what other lists say: the user's own row stands for itself, recovery
    /// codes are hashes, and a login that waits for its second factor is gone in minutes.
    private static let exempt: Set<String> = ["users", "recovery_codes", "login_challenges"]

    /// A table with a user in it, or a column of the user's own row, is exported or exempt for a reason.
    @Test func noTableIsForgotten() async throws {
        let tables = try await fixture.store.database.read { reader in
            try reader.all(
                """
                SELECT DISTINCT tables.name FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns
                WHERE tables.type = 'table' AND columns.name IN ('user_id', 'email') ORDER BY 1
                """
            ) { try $0.string(0) }
        }
        let forgotten = Set(tables).subtracting(Self.exempt).subtracting(ExportSection.all.map(\.table))
        #expect(forgotten.isEmpty)
        let columns = try await fixture.store.database.read { reader in
            try reader.all("SELECT name FROM pragma_table_info('users')") { try $0.string(0) }
        }
        #expect(
            Set(columns).subtracting(["password_hash", "credential_version"])
                == Set(ExportStore.userColumns.map(\.name)))
    }
}
