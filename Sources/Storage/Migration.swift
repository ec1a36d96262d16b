/// One step of a schema's history. Once released it is never edited: its checksum is stored beside the schema.
public struct Migration: Sendable {
    /// 1 for the first, then without a gap.
    public let number: Int
    /// What it does, in a few words; for logs.
    public let name: String
    /// One or more statements, which run in one transaction.
    public let sql: String

    /// A migration; the numbers of a list run 1, 2, 3 …
    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// FNV-1a of the SQL's bytes, in hexadecimal. It guards against an edit by mistake, not against malice.
    var checksum: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in sql.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
