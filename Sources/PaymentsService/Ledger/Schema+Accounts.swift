extension Schema {
    /// Accounts get names and are frozen by somebody, support's acts leave lines, and the ledger gets the rest of its own
    /// accounts.
    ///
    /// `last_entry_at` keeps an account's entries in the order of their times, whatever the clock does: a statement is cut
    /// out of them by time.
    static let accounts = """
        ALTER TABLE accounts ADD COLUMN name TEXT CHECK (length(name) BETWEEN 1 AND 64);
        -- One more with each change of name or status.
        ALTER TABLE accounts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE accounts ADD COLUMN frozen_by TEXT
            CONSTRAINT only_the_frozen_are_frozen_by CHECK (frozen_by IS NULL
                OR (status = 'frozen' AND frozen_by IN ('owner', 'support')));
        ALTER TABLE accounts ADD COLUMN last_entry_at INTEGER NOT NULL DEFAULT 0;
        UPDATE accounts SET last_entry_at = COALESCE(
            (SELECT created_at FROM entries WHERE account = accounts.id ORDER BY sequence DESC LIMIT 1), 0)
        WHERE status <> 'closed';

        INSERT INTO accounts (id, currency, created_at)
        SELECT 'sys_' || kinds.column1 || '_' || accounts.currency, accounts.currency, MIN(accounts.created_at)
        FROM accounts, (VALUES ('cash_out'), ('fees'), ('suspense')) AS kinds
        GROUP BY kinds.column1, accounts.currency;

        -- Who of the staff did what to which account; written in the transaction of the act, never changed.
        CREATE TABLE audit_log (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            occurred_at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
            -- Why it was refused.
            code TEXT CHECK ((outcome = 'refused') = (code IS NOT NULL)),
            target TEXT NOT NULL,
            address TEXT,
            request_id TEXT NOT NULL,
            -- JSON objects.
            before TEXT,
            after TEXT
        ) STRICT;

        CREATE INDEX audit_log_by_actor ON audit_log (actor, sequence);
        CREATE INDEX audit_log_by_target ON audit_log (target, sequence);

        CREATE TRIGGER audit_log_is_not_edited BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_log_is_not_shortened BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """
}
