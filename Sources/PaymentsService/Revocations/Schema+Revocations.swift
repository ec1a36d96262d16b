extension Schema {
    /// How far user-service's feed has been followed, and what it has ended.
    static let revocations = """
        CREATE TABLE feed_position (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            position INTEGER NOT NULL,
            -- What the feed says about locks up to here is older than what was begun with.
            locks_read_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE revocations (
            kind TEXT NOT NULL CHECK (kind IN ('session', 'api_key', 'locked_user', 'erased_user')),
            id TEXT NOT NULL,
            -- When it may be forgotten; NULL for when it is taken back.
            until INTEGER,
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX revocations_by_end ON revocations (until) WHERE until IS NOT NULL;
        """
}
