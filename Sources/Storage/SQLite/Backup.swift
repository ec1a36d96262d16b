/// A copy of a database by `VACUUM INTO`: one consistent snapshot, compact, made while others write.
struct Backup: Sendable {
    let database: String
    let target: String
    let options: SQLiteOptions

    /// Writes beside the target and gives the copy its name only when it is whole and durable.
    func run() throws {
        guard !DatabaseFiles.exists(target) else {
            throw DatabaseError.unavailable(message: "\(target) exists already")
        }
        let partial = target + ".partial"
        // Empty and private to begin with; VACUUM INTO takes an empty file, and an older attempt's rest is replaced.
        DatabaseFiles.remove(partial)
        try DatabaseFiles.createPrivate(partial, exclusively: true)
        defer { DatabaseFiles.remove(partial) }
        let connection = try Connection(path: database, role: .reader, options: options)
        let vacuum = try connection.prepare("VACUUM INTO ?")
        try vacuum.bind([.text(partial)])
        try connection.run(vacuum) { _ in true }
        try check(partial)
        try DatabaseFiles.publish(partial, as: target)
    }

    private func check(_ copy: String) throws {
        let connection = try Connection(path: copy, role: .reader, options: options)
        let finding = try connection.first("PRAGMA quick_check(1)") { try $0.string(0) }
        if finding != "ok" { throw DatabaseError.corrupt(message: finding ?? "no answer") }
    }
}
