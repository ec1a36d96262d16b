extension Schema {
    /// Refunds, each a fact. The database holds that they add up, and to no more than what was captured: a refund carries
    /// the total that the payment has with it, and the totals of a payment have no gap.
    static let refunds = """
        ALTER TABLE payments ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0
            CONSTRAINT refunded_at_most_what_was_captured CHECK (refunded BETWEEN 0 AND captured);

        CREATE TABLE refunds (
            id TEXT NOT NULL PRIMARY KEY,
            payment TEXT NOT NULL REFERENCES payments (id),
            payer TEXT NOT NULL,
            payee TEXT NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0),
            -- What the payment has been refunded with this.
            total INTEGER NOT NULL CHECK (total >= amount),
            currency TEXT NOT NULL,
            reason TEXT,
            transfer TEXT NOT NULL REFERENCES transfers (id),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE UNIQUE INDEX refunds_by_total ON refunds (payment, total);
        CREATE INDEX refunds_by_payment ON refunds (payment, created_at);
        CREATE INDEX refunds_by_payee ON refunds (payee, created_at);
        CREATE INDEX refunds_by_payer ON refunds (payer, created_at);

        CREATE TRIGGER refunds_add_up BEFORE INSERT ON refunds
        WHEN NEW.total <> NEW.amount + COALESCE((SELECT MAX(total) FROM refunds WHERE payment = NEW.payment), 0)
            OR NEW.total <> (SELECT refunded FROM payments WHERE id = NEW.payment)
        BEGIN SELECT RAISE(ABORT, 'the refunds do not add up'); END;
        CREATE TRIGGER refunds_are_not_updated BEFORE UPDATE ON refunds
        BEGIN SELECT RAISE(ABORT, 'refunds are immutable'); END;
        CREATE TRIGGER refunds_are_not_deleted BEFORE DELETE ON refunds
        BEGIN SELECT RAISE(ABORT, 'refunds are immutable'); END;
        CREATE TRIGGER refunds_are_not_taken_back BEFORE UPDATE OF refunded ON payments
        WHEN NEW.refunded < OLD.refunded
        BEGIN SELECT RAISE(ABORT, 'refunds are immutable'); END;
        """
}
