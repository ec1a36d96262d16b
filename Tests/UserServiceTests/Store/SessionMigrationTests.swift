import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

/// Sessions that an earlier version wrote go on as they were.
@Suite struct SessionMigrationTests {
    private static let before = 3

    @Test func sessionsAndTokensOfAnEarlierSchemaGoOn() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("user-service.sqlite")
        let (old, token) = (RefreshToken.random(), RefreshToken.random())
        let earlier = try await SQLiteDatabase.open(
            path: path, migrations: Array(UserSchema.migrations.prefix(Self.before)))
        try await earlier.write { transaction in
            try transaction.execute(
                """
                INSERT INTO users (id, email, name, password_hash, version, created_at, updated_at)
                VALUES ('usr_1', 'ada@example.com', 'Ada', ?, 1, 0, 0)
                """,
                .text(StoreFixture.hash.phc))
            try transaction.execute(
                """
                INSERT INTO sessions (id, user_id, authenticated_at, generation, refreshed_at, revoked_at, revocation)
                VALUES ('ses_1', 'usr_1', 1000, 1, 2000, NULL, NULL), ('ses_2', 'usr_1', 1000, 0, 1000, 1500, 'reuse')
                """)
            try SessionStore.add(old, generation: 0, to: "ses_1", in: transaction)
            try SessionStore.add(token, generation: 1, to: "ses_1", in: transaction)
        }
        await earlier.close()

        let clock = ManualWallClock(now: 100_000)
        let database = try await SQLiteDatabase.open(path: path, migrations: UserSchema.migrations)
        let sessions = SessionStore(
            database: database, clock: clock, identifiers: SequentialIdentifierGenerator(), policy: SessionPolicy())
        let live = try #require(try await sessions.session(id: "ses_1"))
        #expect(live.createdAt == 1_000 && live.authenticatedAt == 1_000 && live.context == .password)
        #expect(live.client == .unknown && live.generation == 1 && live.revocation == nil)
        #expect(try await sessions.session(id: "ses_2")?.revocation == .reuse)
        guard case .renewed(let session, _) = try await sessions.refresh(token) else {
            Issue.record("the token of before is refused")
            return
        }
        #expect(session.generation == 2)
        guard case .reused = try await sessions.refresh(old) else {
            Issue.record("the reuse of a token of before is not recognised")
            return
        }
        // The references are those of before: tokens go with their sessions.
        _ = try await database.write { try $0.execute("DELETE FROM sessions WHERE id = 'ses_1'") }
        let left = try await database.read { try $0.first("SELECT count(*) FROM refresh_tokens") { try $0.int(0) } }
        #expect(left == 0)
        await database.close()
    }

    @Test(arguments: Session.Revocation.allCases)
    func everyReasonCanBeStored(reason: Session.Revocation) async throws {
        let fixture = try await StoreFixture()
        let (session, _) = try await fixture.begin(fixture.addUser().id)
        #expect(try await fixture.sessions.endAll(of: session.userID, reason) == 1)
        #expect(try await fixture.sessions.session(id: session.id)?.revocation == reason)
    }
}
