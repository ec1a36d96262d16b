extension Schema {
    /// A payment between two accounts of one user is in the list of what they sent. The index of what users received
    /// leaves it out, and so need not be passed over in it: the list of somebody who moves much between own accounts took
    /// as long as they had such payments.
    static let lists = """
        DROP INDEX payments_by_destination_owner;
        DROP INDEX payments_not_succeeded_by_destination_owner;
        CREATE INDEX payments_by_destination_owner ON payments (destination_owner, created_at)
            WHERE source_owner <> destination_owner;
        CREATE INDEX payments_not_succeeded_by_destination_owner ON payments (destination_owner, status, created_at)
            WHERE status <> 'succeeded' AND source_owner <> destination_owner;
        """
}
