extension UserSchema {
    /// Roles and locks of users, and the audit log.
    static let administration = """
        -- Beside `user`, which everybody is.
        ALTER TABLE users ADD COLUMN roles TEXT NOT NULL DEFAULT ''
            CHECK (roles IN ('', 'support', 'admin', 'support admin'));
        ALTER TABLE users ADD COLUMN locked_at INTEGER;
        ALTER TABLE users ADD COLUMN lock_reason TEXT CHECK ((locked_at IS NULL) = (lock_reason IS NULL));
        ALTER TABLE users ADD COLUMN last_login_at INTEGER;
        CREATE INDEX users_with_roles ON users (id) WHERE roles <> '';
        CREATE INDEX users_locked ON users (id) WHERE locked_at IS NOT NULL;

        -- Who did what to whom; written in the transaction of the act, never changed.
        CREATE TABLE audit_log (
            sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
            id          TEXT NOT NULL UNIQUE,
            occurred_at INTEGER NOT NULL,
            -- A user, `operator` or `system`.
            actor       TEXT NOT NULL,
            action      TEXT NOT NULL,
            outcome     TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
            -- Why it was refused.
            code        TEXT CHECK ((outcome = 'refused') = (code IS NOT NULL)),
            target      TEXT,
            address     TEXT,
            request_id  TEXT,
            -- JSON objects.
            before      TEXT,
            after       TEXT
        ) STRICT;
        CREATE INDEX audit_log_by_actor ON audit_log (actor, sequence);
        CREATE INDEX audit_log_by_target ON audit_log (target, sequence);
        CREATE INDEX audit_log_by_action ON audit_log (action, sequence);
        CREATE TRIGGER audit_log_is_not_edited BEFORE UPDATE ON audit_log
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_log_is_not_shortened BEFORE DELETE ON audit_log
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """
}
