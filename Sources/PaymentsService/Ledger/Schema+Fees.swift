extension Schema {
    /// Payments carry what the payee paid for them and what the payer wrote about them; transfers say which one they belong
    /// to; and where there are limits, what a user has paid today is counted.
    static let fees = """
        ALTER TABLE payments ADD COLUMN fee INTEGER NOT NULL DEFAULT 0
            CONSTRAINT fee_is_a_part_of_what_was_captured CHECK (fee BETWEEN 0 AND captured);
        -- A JSON object of strings.
        ALTER TABLE payments ADD COLUMN metadata TEXT;
        ALTER TABLE transfers ADD COLUMN linked_transfer TEXT REFERENCES transfers (id);

        CREATE TRIGGER payments_fees_are_final BEFORE UPDATE OF fee ON payments
        WHEN OLD.status <> 'requires_capture'
        BEGIN SELECT RAISE(ABORT, 'the payment has ended'); END;

        -- Days since 1970 in UTC. The day comes first, so that the purge takes its rows from one end.
        CREATE TABLE payment_days (
            day INTEGER NOT NULL,
            owner TEXT NOT NULL,
            currency TEXT NOT NULL,
            payments INTEGER NOT NULL CHECK (payments > 0),
            amount INTEGER NOT NULL CHECK (amount > 0),
            PRIMARY KEY (day, owner, currency)
        ) STRICT, WITHOUT ROWID;
        """
}
