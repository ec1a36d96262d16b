import TestSupport

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The permission bits of a file.
enum FileMode {
    static func of(_ path: String) throws -> UInt32 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemCallFailure("stat") }
        return UInt32(status.st_mode) & 0o777
    }
}
