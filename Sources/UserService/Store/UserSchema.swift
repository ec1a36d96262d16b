import Storage

/// The history of the service's schema. Times are milliseconds since 1970.
enum UserSchema {
    static let migrations = [
        Migration(number: 1, name: "users, sessions and their events", sql: initial),
        Migration(number: 2, name: "API keys, and events by time", sql: apiKeys),
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
}
