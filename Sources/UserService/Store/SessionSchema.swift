/// Migrations of sessions.
enum SessionSchema {
    /// What a session's owner recognises it by, and when he last proved who he is: until now that was its beginning.
    static let clients = """
        ALTER TABLE sessions ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
        UPDATE sessions SET created_at = authenticated_at;
        ALTER TABLE sessions ADD COLUMN context TEXT NOT NULL DEFAULT 'password' CHECK (context IN ('password', 'mfa'));
        ALTER TABLE sessions ADD COLUMN client_address TEXT CHECK (length(client_address) <= 64);
        ALTER TABLE sessions ADD COLUMN user_agent TEXT CHECK (length(user_agent) <= 256);

        DROP INDEX sessions_by_user;
        CREATE INDEX sessions_by_user ON sessions (user_id, id);
        """
}
