import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

/// A database of its own in a temporary directory, a clock that a test moves, and ids that count.
final class StoreFixture: Sendable {
    let directory: TemporaryDirectory
    let database: SQLiteDatabase
    let clock = ManualWallClock()
    let identifiers = SequentialIdentifierGenerator()
    let policy = SessionPolicy()
    let credentialKey = CredentialKey()

    init() async throws {
        directory = try TemporaryDirectory()
        database = try await SQLiteDatabase.open(
            path: directory.file("user-service.sqlite"), migrations: UserSchema.migrations)
    }

    var users: UserStore { UserStore(database: database, clock: clock, identifiers: identifiers) }

    var sessions: SessionStore {
        SessionStore(database: database, clock: clock, identifiers: identifiers, policy: policy)
    }

    var keys: APIKeyStore { APIKeyStore(database: database, clock: clock, identifiers: identifiers) }

    var outbox: MailOutbox { MailOutbox(database: database, clock: clock, identifiers: identifiers) }

    var feed: EventStore { EventStore(database: database, clock: clock) }

    static let hash = ScryptHash(unmatchable: ScryptCost(logN: 1, r: 1, p: 1))

    func addUser(_ email: String = "ada@example.com") async throws -> User {
        let (email, name) = (try #require(EmailAddress(email)), try #require(DisplayName("Ada")))
        return try #require(try await users.create(email: email, name: name, hash: Self.hash))
    }

    /// Adds a key for a user, with the secret that it is given.
    func addKey(of user: String, secret: APIKeySecret = .random(), expiresAt: Int64? = nil) async throws -> APIKey {
        let order = APIKeyStore.Order(
            userID: user, name: try #require(DisplayName("robot")), scopes: ["payments:read"], expiresAt: expiresAt,
            rateLimit: nil)
        return try #require(try await keys.create(order, secret: secret))
    }

    /// The types of the events so far, in order.
    func events() async throws -> [String] {
        try await database.read { try $0.all("SELECT type FROM events ORDER BY sequence") { try $0.string(0) } }
    }

    func count(_ sql: SQL) async throws -> Int {
        try await database.read { try $0.first(sql) { try $0.int(0) } ?? -1 }
    }
}
