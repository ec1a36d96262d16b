#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The few things done to database files other than through SQLite.
enum DatabaseFiles {
    /// Creates an empty file that only its owner can read, unless there is one; SQLite gives the log the same mode.
    static func createPrivate(_ path: String, exclusively: Bool = false) throws(DatabaseError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (exclusively ? O_EXCL : 0), 0o600)
        guard descriptor >= 0 else { throw failure("cannot create", path) }
        close(descriptor)
    }

    /// Makes a finished file durable under its final name, which must be free.
    static func publish(_ partial: String, as path: String) throws(DatabaseError) {
        try sync(partial)
        // Not rename: that would silently replace a file that appeared meanwhile.
        guard link(partial, path) == 0 else { throw failure("cannot create", path) }
        unlink(partial)
        try sync(directory(of: path))
    }

    /// Removes a file if it is there.
    static func remove(_ path: String) {
        unlink(path)
    }

    /// Whether something has that name.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    private static func sync(_ path: String) throws(DatabaseError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot sync", path) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ what: String, _ path: String) -> DatabaseError {
        .unavailable(message: "\(what) \(path): \(systemMessage(errno))")
    }
}
