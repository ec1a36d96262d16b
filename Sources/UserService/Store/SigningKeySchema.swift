/// Migrations of signing keys.
enum SigningKeySchema {
    static let rotation = """
        CREATE TABLE signing_keys (
            -- The key's RFC 7638 thumbprint.
            id           TEXT NOT NULL PRIMARY KEY,
            public_key   BLOB NOT NULL CHECK (length(public_key) = 64),
            -- Encrypted; NULL once the key signs no longer.
            private_key  BLOB,
            state        TEXT NOT NULL CHECK (state IN ('published', 'active', 'retiring', 'retired')),
            published_at INTEGER NOT NULL,
            requested_at INTEGER,
            activated_at INTEGER,
            retiring_at  INTEGER,
            retired_at   INTEGER,
            withdrawn    INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
            CHECK (state NOT IN ('published', 'active') OR private_key IS NOT NULL)
        ) STRICT;
        -- One key signs, and one is next.
        CREATE UNIQUE INDEX signing_keys_in_use ON signing_keys (state) WHERE state IN ('published', 'active');
        """
}
