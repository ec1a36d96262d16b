/// A connection's compiled statements, the least recently used of which make room.
///
/// A literal is found by its address, a text that the program assembled by its content.
struct StatementCache {
    private struct Entry {
        let statement: PreparedStatement
        var lastUse: UInt64
    }

    private enum Key: Hashable {
        case address(UnsafePointer<UInt8>, Int)
        case text(String)

        init(_ sql: SQL) {
            switch sql.text {
            case .literal(let literal): self = .address(literal.utf8Start, literal.utf8CodeUnitCount)
            case .assembled(let string): self = .text(string)
            }
        }
    }

    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// The statement for `sql`, compiled by `prepare` when it is not there.
    mutating func statement(
        _ sql: SQL, prepare: () throws(DatabaseError) -> PreparedStatement
    ) throws(DatabaseError) -> PreparedStatement {
        uses += 1
        let key = Key(sql)
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = uses
            return entries.values[index].statement
        }
        let statement = try prepare()
        if entries.count >= limit { evict() }
        entries[key] = Entry(statement: statement, lastUse: uses)
        return statement
    }

    private mutating func evict() {
        let oldest = entries.lazy.filter { !$0.value.statement.isRunning }.min { $0.value.lastUse < $1.value.lastUse }
        if let oldest { entries[oldest.key] = nil }
    }

    /// Forgets all: statements must be gone before their connection is closed.
    mutating func removeAll() {
        entries.removeAll()
    }

    var count: Int { entries.count }
}
