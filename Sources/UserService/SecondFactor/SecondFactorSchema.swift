/// Migrations of second factors.
enum SecondFactorSchema {
    static let totp = """
        CREATE TABLE totp_factors (
            user_id       TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            -- Encrypted.
            secret        BLOB NOT NULL,
            created_at    INTEGER NOT NULL,
            -- NULL until its owner has shown a code of it: until then it counts for nothing.
            confirmed_at  INTEGER,
            -- The newest time step of which a code was used.
            last_step     INTEGER NOT NULL,
            failures      INTEGER NOT NULL CHECK (failures >= 0),
            blocked_until INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE recovery_codes (
            user_id TEXT NOT NULL REFERENCES totp_factors (user_id) ON DELETE CASCADE,
            hash    BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (user_id, hash)
        ) STRICT, WITHOUT ROWID;

        -- Logins with the right password that wait for the second factor.
        CREATE TABLE login_challenges (
            hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            expires_at INTEGER NOT NULL,
            tries      INTEGER NOT NULL CHECK (tries >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX login_challenges_by_expiry ON login_challenges (expires_at);
        CREATE INDEX login_challenges_by_user ON login_challenges (user_id);
        """
}
