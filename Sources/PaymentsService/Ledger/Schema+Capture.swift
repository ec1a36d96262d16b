extension Schema {
    /// Payments are authorised first and captured later, and lists of payments are filtered.
    ///
    /// The indexes of a user's payments follow their time, so that a period is one range of them. Those of payments that
    /// have not succeeded are partial: a payment that succeeds at once writes nothing into them.
    static let capture = """
        ALTER TABLE payments ADD COLUMN capture TEXT NOT NULL DEFAULT 'automatic'
            CHECK (capture IN ('automatic', 'manual'))
            CONSTRAINT states CHECK (status IN ('requires_capture', 'succeeded', 'canceled', 'expired'));
        ALTER TABLE payments ADD COLUMN captured INTEGER NOT NULL DEFAULT 0
            CONSTRAINT captured_at_most_what_was_authorised CHECK (captured BETWEEN 0 AND amount);
        UPDATE payments SET captured = amount;
        ALTER TABLE payments ADD COLUMN expires_at INTEGER
            CONSTRAINT only_the_succeeded_are_captured CHECK ((status = 'succeeded') = (captured > 0))
            CONSTRAINT only_authorisations_expire CHECK ((capture = 'manual') = (expires_at IS NOT NULL));
        -- When an authorisation was captured, canceled or expired.
        ALTER TABLE payments ADD COLUMN ended_at INTEGER
            CONSTRAINT what_has_ended_is_dated CHECK (
                (ended_at IS NOT NULL) = (capture = 'manual' AND status <> 'requires_capture'));

        CREATE TRIGGER payments_end_once BEFORE UPDATE OF status, captured, amount, transfer ON payments
        WHEN OLD.status <> 'requires_capture'
        BEGIN SELECT RAISE(ABORT, 'the payment has ended'); END;
        CREATE TRIGGER payments_are_not_deleted BEFORE DELETE ON payments
        BEGIN SELECT RAISE(ABORT, 'payments are not deleted'); END;
        CREATE TRIGGER transfers_post_at_most_what_is_pending BEFORE INSERT ON transfers
        WHEN NEW.kind = 'post'
            AND NEW.amount > (SELECT amount FROM transfers WHERE id = NEW.pending_transfer AND kind = 'pending')
        BEGIN SELECT RAISE(ABORT, 'more is posted than was pending'); END;

        DROP INDEX payments_by_source_owner;
        DROP INDEX payments_by_destination_owner;
        CREATE INDEX payments_by_source_owner ON payments (source_owner, created_at);
        CREATE INDEX payments_by_destination_owner ON payments (destination_owner, created_at);
        CREATE INDEX payments_not_succeeded_by_source_owner ON payments (source_owner, status, created_at)
            WHERE status <> 'succeeded';
        CREATE INDEX payments_not_succeeded_by_destination_owner ON payments (destination_owner, status, created_at)
            WHERE status <> 'succeeded';
        CREATE INDEX payments_expiring ON payments (expires_at) WHERE status = 'requires_capture';
        """
}
