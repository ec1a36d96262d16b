/// What snapshots can be read from.
public protocol ReadableDatabase: Sendable {
    /// Runs `body` in a read transaction, on a snapshot that no writer changes.
    ///
    /// - Throws: What `body` throws; `DatabaseError`.
    func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T
}
