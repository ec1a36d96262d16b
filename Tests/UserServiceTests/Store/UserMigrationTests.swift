import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

/// Databases of earlier versions come along with all that is in them.
@Suite struct UserMigrationTests {
    @Test func sessionsAndTheirTokensSurviveTheThird() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("user-service.sqlite")
        let old = try await SQLiteDatabase.open(path: path, migrations: Array(UserSchema.migrations[..<2]))
        try await old.write { transaction in
            try transaction.execute(
                """
                INSERT INTO users (id, email, name, password_hash, version, created_at, updated_at)
                VALUES ('usr_1', 'ada@example.com', 'Ada', ?, 1, 10, 10)
                """, .text(StoreFixture.hash.phc))
            try transaction.execute(
                """
                INSERT INTO sessions (id, user_id, authenticated_at, generation, refreshed_at, revoked_at, revocation)
                VALUES ('ses_1', 'usr_1', 20, 1, 30, NULL, NULL), ('ses_2', 'usr_1', 20, 0, 20, 25, 'reuse')
                """)
            try transaction.execute(
                """
                INSERT INTO refresh_tokens (hash, session_id, generation, successor_salt)
                VALUES (?1, 'ses_1', 0, x'01'), (?2, 'ses_1', 1, NULL)
                """, .blob(Array(repeating: 1, count: 32)), .blob(Array(repeating: 2, count: 32)))
        }
        await old.close()

        let database = try await SQLiteDatabase.open(path: path, migrations: UserSchema.migrations)
        let (clock, identifiers) = (ManualWallClock(), SequentialIdentifierGenerator())
        let users = UserStore(database: database, clock: clock, identifiers: identifiers)
        #expect(try await users.user(id: "usr_1")?.isEmailVerified == false)
        let sessions = SessionStore(
            database: database, clock: clock, identifiers: identifiers, policy: SessionPolicy())
        let live = try #require(try await sessions.session(id: "ses_1"))
        #expect(live.generation == 1 && live.refreshedAt == 30 && live.revocation == nil)
        #expect(try await sessions.session(id: "ses_2")?.revocation == .reuse)
        let holder = try await database.lookup {
            try SessionStore.holder(of: Array(repeating: 1, count: 32), in: $0)
        }
        #expect(holder?.sessionID == "ses_1" && holder?.salt == [1])
        // The reference is to the new table, and takes the tokens along.
        _ = try await database.write { try $0.execute("DELETE FROM sessions WHERE id = 'ses_1'") }
        let left = try await database.read { try $0.first("SELECT count(*) FROM refresh_tokens") { try $0.int(0) } }
        #expect(left == 0)
        await database.close()
    }
}
