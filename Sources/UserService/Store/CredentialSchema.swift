/// Migrations of what users log in with.
enum CredentialSchema {
    /// Counts how often what a user logs in with was changed, so that a login that was checked before a change begins no
    /// session after it. Logins that wait for a second factor at the upgrade have to begin again.
    static let version = """
        ALTER TABLE users ADD COLUMN credential_version INTEGER NOT NULL DEFAULT 1 CHECK (credential_version > 0);
        ALTER TABLE login_challenges ADD COLUMN credential_version INTEGER NOT NULL DEFAULT 0;
        """
}
