import Chassis
import Storage

/// The signing keys in the database: their states, the public halves, and the private ones, encrypted, as long as they are
/// needed. A step of the rotation is one transaction, so a crash leaves the state before it or the one after it.
struct SigningKeyStore: Sendable {
    /// The keys as they are, ready to be used.
    struct Loaded: Sendable {
        let rotation: KeyRotation
        /// Published and not withdrawn, in the order of their publication.
        let published: [PublicSigningKey]
        let active: SigningKey
    }

    /// A change to the rotation; makes new keys by the closure that it is given.
    typealias Change<Result> = @Sendable (inout KeyRotation, any Transaction, () -> String) throws -> Result

    /// How long retired keys are shown, milliseconds: 90 days.
    private static let memory: Int64 = 90 * 86_400_000

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator
    let sealer: DataSealer
    let policy: KeyRotation.Policy

    /// The states alone.
    func rotation() async throws -> KeyRotation {
        let policy = policy
        return try await database.lookup { try Self.rotation(policy, in: $0) }
    }

    /// Changes the rotation, and tells the feed when the key set is another one.
    /// - Parameter known: Keys from elsewhere that the change may name.
    /// - Throws: ``DataSealer/CannotOpen`` when the private key was encrypted under another key.
    func change<Result: Sendable>(
        adopting known: [SigningKey] = [], _ body: @escaping Change<Result>
    ) async throws -> (Result, Loaded) {
        let (policy, sealer, now, event) = (policy, sealer, clock.now, identifiers.make("evt"))
        return try await database.write { transaction in
            let before = try Self.rotation(policy, in: transaction)
            var rotation = before
            var made = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
            let result = try body(&rotation, transaction) {
                let key = SigningKey()
                made[key.id] = key
                return key.id
            }
            try Self.store(rotation, before, made, sealer, in: transaction)
            // The very first keys are no change: nobody has a key set yet.
            if !before.keys.isEmpty, rotation.published != before.published {
                try transaction.record(.signingKeysChanged(rotation.published), id: event, now: now)
            }
            try transaction.execute(
                "DELETE FROM signing_keys WHERE state = 'retired' AND retired_at < ?", .integer(now - Self.memory))
            guard let loaded = try Self.load(policy, sealer, in: transaction) else {
                throw StoredValueInvalid("signing_keys.state")
            }
            return (result, loaded)
        }
    }
}

extension KeyRotation {
    /// The ids of the key set.
    var published: [String] { keys.filter { $0.state != .retired }.map(\.id) }
}

// MARK: - Statements

extension SigningKeyStore {
    private static func rotation(_ policy: KeyRotation.Policy, in reader: any Reader) throws -> KeyRotation {
        let keys = try reader.all(
            """
            SELECT id, state, published_at, requested_at, activated_at, retiring_at, retired_at, withdrawn
            FROM signing_keys ORDER BY published_at, id
            """
        ) { row in
            guard let state = KeyRotation.State(rawValue: try row.string(1)) else { throw StoredValueInvalid("state") }
            return KeyRotation.Key(
                id: try row.string(0), state: state, publishedAt: try row.int64(2),
                requestedAt: try row.optionalInt64(3), activatedAt: try row.optionalInt64(4),
                retiringAt: try row.optionalInt64(5), retiredAt: try row.optionalInt64(6),
                isWithdrawn: try row.bool(7))
        }
        return KeyRotation(policy: policy, keys: keys)
    }

    private static func load(
        _ policy: KeyRotation.Policy, _ sealer: DataSealer, in reader: any Reader
    ) throws -> Loaded? {
        let rotation = try rotation(policy, in: reader)
        guard let id = rotation.active?.id else { return nil }
        let published = try reader.all(
            "SELECT public_key FROM signing_keys WHERE state <> 'retired' ORDER BY published_at, id"
        ) { try PublicSigningKey(bytes: try $0.bytes(0)) }
        let sealed = try reader.first("SELECT private_key FROM signing_keys WHERE id = ?", .text(id)) {
            try $0.bytes(0)
        }
        guard let sealed else { throw StoredValueInvalid("private_key") }
        let active = try SigningKey(privateBytes: try sealer.open(sealed, .signingKey, of: id))
        return Loaded(rotation: rotation, published: published, active: active)
    }

    /// Writes what is new or different. Keys that give a place up come before those that take it: of each there is one.
    private static func store(
        _ rotation: KeyRotation, _ before: KeyRotation, _ made: [String: SigningKey], _ sealer: DataSealer,
        in transaction: any Transaction
    ) throws {
        let old = Dictionary(uniqueKeysWithValues: before.keys.map { ($0.id, $0) })
        for state in [KeyRotation.State.retired, .retiring, .active, .published] {
            for key in rotation.keys where key.state == state && old[key.id] != key {
                if old[key.id] == nil { try insert(key, made[key.id], sealer, in: transaction) }
                try update(key, in: transaction)
            }
        }
    }

    private static func insert(
        _ key: KeyRotation.Key, _ pair: SigningKey?, _ sealer: DataSealer, in transaction: any Transaction
    ) throws {
        guard let pair else { throw StoredValueInvalid("signing_keys.id") }
        // Retired first, for it may not have the place that it is updated to yet.
        try transaction.execute(
            """
            INSERT INTO signing_keys (id, public_key, private_key, state, published_at, withdrawn)
            VALUES (?, ?, ?, 'retired', ?, 0)
            """,
            .text(key.id), .blob(pair.publicKey.bytes),
            .blob(try sealer.seal(pair.privateBytes, .signingKey, of: key.id)), .integer(key.publishedAt))
    }

    /// A key that signs no longer loses its private half.
    private static func update(_ key: KeyRotation.Key, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            UPDATE signing_keys SET state = ?2, requested_at = ?3, activated_at = ?4, retiring_at = ?5, retired_at = ?6,
                withdrawn = ?7, private_key = CASE WHEN ?2 IN ('published', 'active') THEN private_key END
            WHERE id = ?1
            """,
            .text(key.id), .text(key.state.rawValue), SQLValue(key.requestedAt), SQLValue(key.activatedAt),
            SQLValue(key.retiringAt), SQLValue(key.retiredAt), SQLValue(key.isWithdrawn))
    }
}
