public import Storage

/// A database in front of another one, for tests of what happens when a write fails or comes late. It says what becomes of
/// writes; all else goes through.
public protocol DatabaseOverlay: Database {
    /// The database behind.
    var base: any Database { get }
}

extension DatabaseOverlay {
    /// See ``Database/read(_:)``.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await base.read(body)
    }

    /// See ``Database/lookup(_:)``.
    public nonisolated(nonsending) func lookup<T>(_ body: (any Reader) throws -> T) async throws -> T {
        try await base.lookup(body)
    }

    /// See ``Database/backup(to:)``.
    public func backup(to path: String) async throws { try await base.backup(to: path) }

    /// See ``Database/close()``.
    public func close() async { await base.close() }

    /// See ``Database/statistics``.
    public var statistics: DatabaseStatistics { base.statistics }
}
