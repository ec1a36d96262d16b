import Storage

/// The sandbox's own books. They are another company's: nothing of the ledger refers to them, or they to it.
enum SandboxSchema {
    static let migrations = [Migration(number: 1, name: "orders", sql: orders)]

    /// An order's end is written down when it is taken: it is pending until its time has come, and final from then on,
    /// through any number of crashes.
    private static let orders = """
        CREATE TABLE orders (
            key TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('charge', 'payout')),
            amount INTEGER NOT NULL CHECK (amount > 0),
            currency TEXT NOT NULL,
            instrument TEXT NOT NULL,
            -- Why it is refused; NULL when it succeeds.
            reason TEXT,
            final_at INTEGER NOT NULL,
            -- How often it was submitted.
            submissions INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            -- Callbacks that are still to be delivered, how often that was tried, and when it is tried next.
            callbacks INTEGER NOT NULL CHECK (callbacks >= 0),
            callback_attempts INTEGER NOT NULL DEFAULT 0,
            next_callback_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX orders_to_tell ON orders (next_callback_at) WHERE callbacks > 0;
        """
}
