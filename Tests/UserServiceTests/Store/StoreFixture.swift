import Chassis
import Logging
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

    /// The signing keys, under a key of the fixture's own.
    let sealer = DataSealer(key: Array(repeating: 7, count: 32))
    static let keyPolicy = KeyRotation.Policy(publishAhead: 900_000, overlap: 1_200_000, period: 2_592_000_000)

    var signingKeys: SigningKeyStore {
        SigningKeyStore(
            database: database, clock: clock, identifiers: identifiers, sealer: sealer, policy: Self.keyPolicy)
    }

    /// Makes the first keys, or takes those of a directory.
    func keyRotator(directory: String? = nil, settings: Settings = Settings([:])) async throws -> KeyRotator {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let start = SigningKeyStart(
            store: signingKeys,
            directory: SigningKeyDirectory(path: directory ?? self.directory.file("none"), logger: logger),
            settings: settings)
        return KeyRotator(
            store: signingKeys, ring: try await start.ring(now: clock.now), logger: logger, clock: clock,
            servedSince: clock.now)
    }

    static let hash = ScryptHash(unmatchable: ScryptCost(logN: 1, r: 1, p: 1))

    func addUser(_ email: String = "ada@example.com") async throws -> User {
        let (email, name) = (try #require(EmailAddress(email)), try #require(DisplayName("Ada")))
        return try #require(try await users.create(email: email, name: name, hash: Self.hash))
    }

    /// Begins a session for a user who logs in right now.
    func begin(_ user: String) async throws -> (Session, RefreshToken) {
        let credential = try #require(try await users.credential(ofUser: user))
        return try await sessions.begin(userID: user, with: credential.version)
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

extension SessionStore {
    /// The session with an id, live or not.
    func session(id: String) async throws -> Session? {
        try await database.lookup { try Self.session(id: id, in: $0) }
    }
}
