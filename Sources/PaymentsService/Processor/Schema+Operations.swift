extension Schema {
    /// Deposits and withdrawals are one kind of thing, in one table: what the saga drives through the processor.
    ///
    /// The ledger's account for money that leaves is there for every currency that has accounts.
    static let operations = """
        CREATE TABLE processor_operations (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('deposit', 'withdrawal')),
            owner TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('processing', 'succeeded', 'failed')),
            account TEXT NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL CHECK (amount > 0),
            currency TEXT NOT NULL,
            -- The card or the bank account, as the processor knows it.
            instrument TEXT NOT NULL,
            failure TEXT,
            transfer TEXT NOT NULL REFERENCES transfers (id),
            attempts INTEGER NOT NULL DEFAULT 0,
            -- When the saga is to ask the processor again, should nobody else have done so.
            next_attempt_at INTEGER NOT NULL,
            -- The key whose answer this operation will complete.
            idempotency_key TEXT NOT NULL,
            request_id TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            CHECK ((status = 'failed') = (failure IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        INSERT INTO processor_operations (id, kind, owner, status, account, amount, currency, instrument, failure,
            transfer, attempts, next_attempt_at, idempotency_key, request_id, trace_id, created_at)
        SELECT id, 'deposit', owner, status, account, amount, currency, source, failure, transfer, attempts,
            next_attempt_at, idempotency_key, request_id, trace_id, created_at
        FROM deposits ORDER BY id;

        DROP TABLE deposits;

        CREATE INDEX processor_operations_due ON processor_operations (next_attempt_at) WHERE status = 'processing';
        CREATE INDEX processor_operations_by_owner ON processor_operations (owner, kind);

        -- What has ended stays as it is, whatever the program above believes.
        CREATE TRIGGER processor_operations_end_once BEFORE UPDATE ON processor_operations
        WHEN OLD.status <> 'processing'
        BEGIN SELECT RAISE(ABORT, 'the operation has ended'); END;
        CREATE TRIGGER processor_operations_are_not_deleted BEFORE DELETE ON processor_operations
        BEGIN SELECT RAISE(ABORT, 'operations are not deleted'); END;
        """
}
