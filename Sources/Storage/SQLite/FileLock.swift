#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One owner per database: an exclusive `flock` on a file beside it, which the system releases when the process dies.
///
/// It is not taken on the database itself, where closing any descriptor would drop SQLite's own locks.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `DatabaseError.inUse` when another owner holds it, `.unavailable` when the file cannot be made.
    init(database path: String) throws(DatabaseError) {
        let name = path + ".lock"
        descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unavailable(message: "cannot open \(name): \(systemMessage(errno))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            // Not closed here: all properties are set, so `deinit` does it. Twice would close what another thread opened.
            throw code == EWOULDBLOCK ? .inUse(path: path) : .unavailable(message: "\(name): \(systemMessage(code))")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
