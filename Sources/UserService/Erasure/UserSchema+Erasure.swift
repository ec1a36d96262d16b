extension UserSchema {
    /// What became of a wish that could not be answered at once.
    static let refusedErasures = "ALTER TABLE erasures ADD COLUMN refused_at INTEGER;"

    /// Wishes to be erased that are not carried out yet.
    static let erasure = """
        CREATE TABLE erasures (
            user_id         TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            requested_at    INTEGER NOT NULL,
            attempts        INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            -- When payments-service is to be asked again, should nobody else have done so.
            next_attempt_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX erasures_due ON erasures (next_attempt_at);
        """
}
