extension Schema {
    /// Accounts get a status, and users whose accounts are closed for good are remembered.
    ///
    /// Open and frozen accounts may become each other, closed is the end. What a closed account may not do is refused by
    /// the database too, whatever the program above it believes.
    static let closing = """
        ALTER TABLE accounts ADD COLUMN status TEXT NOT NULL DEFAULT 'open'
            CHECK (status IN ('open', 'frozen', 'closed'));
        ALTER TABLE accounts ADD COLUMN closed_at INTEGER
            CONSTRAINT closing_is_dated CHECK ((status = 'closed') = (closed_at IS NOT NULL))
            CONSTRAINT closed_is_empty CHECK (status <> 'closed'
                OR (credits_posted = debits_posted AND credits_pending = 0 AND debits_pending = 0));

        -- Every movement changes the totals of both its accounts.
        CREATE TRIGGER closed_accounts_are_final BEFORE UPDATE ON accounts WHEN OLD.status = 'closed'
        BEGIN SELECT RAISE(ABORT, 'the account is closed'); END;
        CREATE TRIGGER closed_accounts_have_no_new_entries BEFORE INSERT ON entries
        WHEN (SELECT status FROM accounts WHERE id = NEW.account) = 'closed'
        BEGIN SELECT RAISE(ABORT, 'the account is closed'); END;

        CREATE TABLE closed_users (
            id TEXT NOT NULL PRIMARY KEY,
            closed_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER closed_users_open_no_accounts BEFORE INSERT ON accounts
        WHEN EXISTS (SELECT 1 FROM closed_users WHERE id = NEW.owner)
        BEGIN SELECT RAISE(ABORT, 'the user''s accounts are closed'); END;

        CREATE INDEX deposits_by_owner ON deposits (owner);
        """
}
