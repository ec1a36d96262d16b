import Storage

/// The tables of the payments-service.
///
/// Everything that a payment appends to is clustered by an id that grows with time, so that its rows land on the
/// last page of each tree; only the two accounts, their entries and the lists of payments are touched elsewhere.
enum Schema {
    static let migrations = [
        Migration(number: 1, name: "ledger", sql: ledger),
        Migration(number: 2, name: "payments", sql: payments),
        Migration(number: 3, name: "closed accounts", sql: closing),
        Migration(number: 4, name: "what user-service has ended", sql: revocations),
        Migration(number: 5, name: "names and states of accounts", sql: accounts),
        Migration(number: 6, name: "events of a user", sql: events),
        Migration(number: 7, name: "capture, and lists of payments", sql: capture),
        Migration(number: 8, name: "deposits and withdrawals as one", sql: operations),
        Migration(number: 9, name: "fees, metadata and daily limits", sql: fees),
        Migration(number: 10, name: "refunds", sql: refunds),
        Migration(number: 11, name: "webhooks", sql: webhooks),
        Migration(number: 12, name: "checks without lists", sql: checksWithoutLists),
        Migration(number: 13, name: "traces of events", sql: traces),
        Migration(number: 14, name: "lists without payments to oneself", sql: lists),
    ]

    /// Accounts carry their totals, transfers say what moved, entries say what each account saw of it. Transfers and
    /// entries are facts: nothing may change or remove them.
    private static let ledger = """
        CREATE TABLE accounts (
            id TEXT NOT NULL PRIMARY KEY,
            -- NULL for the ledger's own accounts, which may go negative.
            owner TEXT,
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            credits_posted INTEGER NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
            debits_posted INTEGER NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
            credits_pending INTEGER NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
            debits_pending INTEGER NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
            -- How many entries it has: the sequence number of the last one.
            entries INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            CONSTRAINT no_overdraft CHECK (owner IS NULL OR credits_posted - debits_posted - debits_pending >= 0)
        ) STRICT, WITHOUT ROWID;

        -- The primary key follows in every index entry: the first one of an owner and currency is the first opened.
        CREATE INDEX accounts_by_owner ON accounts (owner, currency) WHERE owner IS NOT NULL;

        CREATE TABLE transfers (
            id TEXT NOT NULL PRIMARY KEY,
            -- A direct transfer moves at once. A pending one reserves; one post or one void ends it.
            kind TEXT NOT NULL CHECK (kind IN ('direct', 'pending', 'post', 'void', 'expire')),
            debit_account TEXT NOT NULL REFERENCES accounts (id),
            credit_account TEXT NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL CHECK (amount > 0),
            currency TEXT NOT NULL,
            pending_transfer TEXT REFERENCES transfers (id),
            created_at INTEGER NOT NULL,
            CHECK (debit_account <> credit_account),
            CHECK ((kind IN ('post', 'void', 'expire')) = (pending_transfer IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE UNIQUE INDEX transfers_end_once ON transfers (pending_transfer) WHERE pending_transfer IS NOT NULL;

        CREATE TABLE entries (
            account TEXT NOT NULL,
            sequence INTEGER NOT NULL CHECK (sequence > 0),
            transfer TEXT NOT NULL,
            -- Credits are positive, debits negative: a transfer's entries add up to zero.
            amount INTEGER NOT NULL CHECK (amount <> 0),
            -- The account's posted balance after this entry.
            balance INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (account, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER transfers_are_not_updated BEFORE UPDATE ON transfers
        BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END;
        CREATE TRIGGER transfers_are_not_deleted BEFORE DELETE ON transfers
        BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END;
        CREATE TRIGGER entries_are_not_updated BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
        CREATE TRIGGER entries_are_not_deleted BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
        CREATE TRIGGER accounts_are_not_deleted BEFORE DELETE ON accounts
        BEGIN SELECT RAISE(ABORT, 'accounts are not deleted'); END;
        """

    /// What people did with the ledger, the answers they got, and what happened, for whoever wants to be told.
    private static let payments = """
        CREATE TABLE payments (
            id TEXT NOT NULL PRIMARY KEY,
            status TEXT NOT NULL,
            source TEXT NOT NULL,
            destination TEXT NOT NULL,
            source_owner TEXT NOT NULL,
            destination_owner TEXT NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0),
            currency TEXT NOT NULL,
            description TEXT,
            transfer TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX payments_by_source_owner ON payments (source_owner);
        CREATE INDEX payments_by_destination_owner ON payments (destination_owner);

        CREATE TABLE deposits (
            id TEXT NOT NULL PRIMARY KEY,
            owner TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('processing', 'succeeded', 'failed')),
            account TEXT NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL CHECK (amount > 0),
            currency TEXT NOT NULL,
            source TEXT NOT NULL,
            failure TEXT,
            transfer TEXT NOT NULL REFERENCES transfers (id),
            attempts INTEGER NOT NULL DEFAULT 0,
            -- When the saga is to ask the processor again, should nobody else have done so.
            next_attempt_at INTEGER NOT NULL,
            -- The key whose answer this deposit will complete.
            idempotency_key TEXT NOT NULL,
            request_id TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            CHECK ((status = 'failed') = (failure IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX deposits_due ON deposits (next_attempt_at) WHERE status = 'processing';

        -- In order of arrival, so that the purge takes its rows from one end and the answers fill pages in order.
        CREATE TABLE idempotency_keys (
            number INTEGER PRIMARY KEY,
            subject TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            -- NULL while a saga is under way.
            status INTEGER,
            body BLOB,
            location TEXT,
            created_at INTEGER NOT NULL,
            CHECK ((status IS NULL) = (body IS NULL))
        ) STRICT;

        CREATE UNIQUE INDEX idempotency_keys_by_scope ON idempotency_keys (subject, key);

        CREATE TABLE outbox (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            -- The users that it concerns; the second one only when there are two.
            owner TEXT NOT NULL,
            other_owner TEXT,
            -- The object as it was then, as JSON.
            data BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        """
}
