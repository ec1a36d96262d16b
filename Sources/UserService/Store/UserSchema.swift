import Storage

/// The history of the service's schema. Times are milliseconds since 1970.
enum UserSchema {
    static let migrations = [
        Migration(number: 1, name: "users, sessions and their events", sql: initial),
        Migration(number: 2, name: "API keys, and events by time", sql: apiKeys),
        Migration(number: 3, name: "verified addresses, mail, one-time tokens, known addresses", sql: credentials),
        Migration(
            number: 4, name: "clients of sessions, and when users last proved who they are", sql: SessionSchema.clients),
        Migration(number: 5, name: "roles, locks and the audit log", sql: administration),
        Migration(number: 6, name: "wishes to be erased", sql: erasure),
        Migration(number: 7, name: "signing keys", sql: SigningKeySchema.rotation),
        Migration(number: 8, name: "second factors", sql: SecondFactorSchema.totp),
        Migration(number: 9, name: "versions of credentials", sql: CredentialSchema.version),
        Migration(number: 10, name: "wishes to be erased that were refused", sql: refusedErasures),
    ]

    private static let initial = """
        CREATE TABLE users (
            id            TEXT NOT NULL PRIMARY KEY,
            email         TEXT NOT NULL UNIQUE,
            name          TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            version       INTEGER NOT NULL CHECK (version > 0),
            created_at    INTEGER NOT NULL,
            updated_at    INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE sessions (
            id               TEXT NOT NULL PRIMARY KEY,
            user_id          TEXT NOT NULL REFERENCES users (id),
            authenticated_at INTEGER NOT NULL,
            generation       INTEGER NOT NULL CHECK (generation >= 0),
            refreshed_at     INTEGER NOT NULL,
            revoked_at       INTEGER,
            revocation       TEXT CHECK (revocation IN ('logout', 'reuse')),
            CHECK ((revoked_at IS NULL) = (revocation IS NULL))
        ) STRICT;
        CREATE INDEX sessions_by_user ON sessions (user_id);
        CREATE INDEX sessions_by_refresh ON sessions (refreshed_at);

        -- Every generation is kept while its session is, so that the use of an old token is recognised.
        CREATE TABLE refresh_tokens (
            hash           BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            session_id     TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            generation     INTEGER NOT NULL,
            -- Derives the successor while it is unused; NULL before and after.
            successor_salt BLOB,
            UNIQUE (session_id, generation)
        ) STRICT, WITHOUT ROWID;

        -- What other services will want to know, written in the transaction that it tells of, in order.
        CREATE TABLE events (
            sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
            id          TEXT NOT NULL UNIQUE,
            type        TEXT NOT NULL,
            occurred_at INTEGER NOT NULL,
            data        TEXT NOT NULL
        ) STRICT;
        """

    private static let apiKeys = """
        CREATE TABLE api_keys (
            id             TEXT NOT NULL PRIMARY KEY,
            user_id        TEXT NOT NULL REFERENCES users (id),
            name           TEXT NOT NULL,
            -- Separated by spaces.
            scopes         TEXT NOT NULL,
            -- The beginning of the secret, for people.
            prefix         TEXT NOT NULL,
            hash           BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            -- The secret before the last rotation, while it overlaps.
            previous_hash  BLOB UNIQUE CHECK (length(previous_hash) = 32),
            previous_until INTEGER,
            quota          INTEGER CHECK (quota > 0),
            window_seconds INTEGER CHECK (window_seconds > 0),
            created_at     INTEGER NOT NULL,
            expires_at     INTEGER,
            last_used_at   INTEGER,
            CHECK ((previous_hash IS NULL) = (previous_until IS NULL)),
            CHECK ((quota IS NULL) = (window_seconds IS NULL))
        ) STRICT;
        CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

        CREATE INDEX events_by_time ON events (occurred_at);
        """

    // SQLite cannot take a CHECK away, so `sessions` is made anew: why a session ended is the program's vocabulary, which
    // grows. Its child goes first, since dropping a table deletes its rows and with them what refers to them.
    private static let credentials = """
        CREATE TABLE sessions_new (
            id               TEXT NOT NULL PRIMARY KEY,
            user_id          TEXT NOT NULL REFERENCES users (id),
            authenticated_at INTEGER NOT NULL,
            generation       INTEGER NOT NULL CHECK (generation >= 0),
            refreshed_at     INTEGER NOT NULL,
            revoked_at       INTEGER,
            revocation       TEXT,
            CHECK ((revoked_at IS NULL) = (revocation IS NULL))
        ) STRICT;
        CREATE TABLE refresh_tokens_new (
            hash           BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            session_id     TEXT NOT NULL REFERENCES sessions_new (id) ON DELETE CASCADE,
            generation     INTEGER NOT NULL,
            -- Derives the successor while it is unused; NULL before and after.
            successor_salt BLOB,
            UNIQUE (session_id, generation)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO sessions_new
            SELECT id, user_id, authenticated_at, generation, refreshed_at, revoked_at, revocation FROM sessions;
        INSERT INTO refresh_tokens_new SELECT hash, session_id, generation, successor_salt FROM refresh_tokens;
        DROP TABLE refresh_tokens;
        DROP TABLE sessions;
        ALTER TABLE sessions_new RENAME TO sessions;
        ALTER TABLE refresh_tokens_new RENAME TO refresh_tokens;
        CREATE INDEX sessions_by_user ON sessions (user_id);
        CREATE INDEX sessions_by_refresh ON sessions (refreshed_at);

        -- NULL: nobody has shown yet that the address is theirs.
        ALTER TABLE users ADD COLUMN email_verified_at INTEGER;

        -- What a mail carried to prove that its reader holds the address; a newer one voids the older.
        CREATE TABLE one_time_tokens (
            hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            purpose    TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            UNIQUE (user_id, purpose)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

        -- Mail that waits to be sent, written in the transaction that it tells of.
        CREATE TABLE mails (
            id         TEXT NOT NULL PRIMARY KEY,
            user_id    TEXT REFERENCES users (id) ON DELETE CASCADE,
            kind       TEXT NOT NULL,
            -- NULL: for nobody. It stands in for one to an address that is not known, so that both are the same work.
            recipient  TEXT,
            -- Makes the token in it, with a key that is not in this database.
            token_salt BLOB,
            created_at INTEGER NOT NULL,
            attempts   INTEGER NOT NULL CHECK (attempts >= 0),
            -- When to try (again); NULL: given up.
            due_at     INTEGER,
            failure    TEXT
        ) STRICT;
        CREATE INDEX mails_by_due ON mails (due_at);
        CREATE INDEX mails_by_user ON mails (user_id);

        -- Where a user has logged in from lately, as keyed hashes: somebody who guesses at an account slows down
        -- everybody but those.
        CREATE TABLE known_addresses (
            user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            address BLOB NOT NULL CHECK (length(address) = 32),
            seen_at INTEGER NOT NULL,
            PRIMARY KEY (user_id, address)
        ) STRICT, WITHOUT ROWID;
        """
}
