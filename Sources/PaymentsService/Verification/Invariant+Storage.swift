import Storage

extension Invariant {
    /// https://sqlite.org/pragma.html#pragma_integrity_check
    static let integrity = Invariant(
        "integrity",
        "Pages, records and indexes are whole, and no column that must have a value is without one.",
        rows: """
            SELECT 'database', integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'
            """)

    static let foreignKeys = Invariant(
        "foreign_keys", "Every row that another one points to is there.",
        rows: """
            SELECT 'a row of ' || "table", 'points to a row of ' || parent || ' that is not there'
            FROM pragma_foreign_key_check
            """)
}
