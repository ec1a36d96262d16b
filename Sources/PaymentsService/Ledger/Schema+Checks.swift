extension Schema {
    /// The checks of transfers and payments say what they said, in other words.
    ///
    /// For a list of more than two words behind IN, SQLite builds an ephemeral index in each statement that checks it: that
    /// was a quarter of the instructions of a payment (docs/decisions/0002-group-commit.md). No row changes, so the text of
    /// the tables is edited in place (https://sqlite.org/lang_altertable.html, section 7), however long they are.
    static let checksWithoutLists = """
        PRAGMA writable_schema=ON;

        UPDATE sqlite_schema SET sql = replace(replace(sql,
            'kind IN (''direct'', ''pending'', ''post'', ''void'', ''expire'')',
            'kind = ''direct'' OR kind = ''pending'' OR kind = ''post'' OR kind = ''void'' OR kind = ''expire'''),
            'kind IN (''post'', ''void'', ''expire'')',
            'kind = ''post'' OR kind = ''void'' OR kind = ''expire''')
        WHERE type = 'table' AND name = 'transfers';

        UPDATE sqlite_schema SET sql = replace(sql,
            'status IN (''requires_capture'', ''succeeded'', ''canceled'', ''expired'')',
            'status = ''requires_capture'' OR status = ''succeeded'' OR status = ''canceled'' OR status = ''expired''')
        WHERE type = 'table' AND name = 'payments';

        -- Other connections see by this that there is something to read anew.
        CREATE TABLE schema_text_changed (one INTEGER) STRICT;
        DROP TABLE schema_text_changed;
        PRAGMA writable_schema=RESET;
        """
}
