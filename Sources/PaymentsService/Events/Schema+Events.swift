extension Schema {
    /// Which events concern which user, in the order in which they happened.
    ///
    /// It is written behind the payments, many events at a time (docs/decisions/0006-event-index.md): the transaction of
    /// a payment has no further index to keep up.
    static let events = """
        CREATE TABLE user_events (
            user TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            type TEXT NOT NULL,
            PRIMARY KEY (user, sequence)
        ) STRICT, WITHOUT ROWID;

        -- How far the outbox has been distributed; one row.
        CREATE TABLE outbox_position (
            number INTEGER PRIMARY KEY CHECK (number = 1),
            distributed INTEGER NOT NULL
        ) STRICT;

        INSERT INTO outbox_position (number, distributed) VALUES (1, 0);
        """
}
