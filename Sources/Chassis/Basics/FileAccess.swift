#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Small files (keys, tokens, configuration) read and written whole.
public enum FileAccess {
    /// All bytes of the file at `path`.
    /// - Throws: ``FileError`` with the system's reason; a file over `limit` bytes is refused (default 1 MiB).
    public static func read(_ path: String, limit: Int = 1 << 20) throws(FileError) -> [UInt8] {
        guard let handle = fopen(path, "r") else { throw FileError("open", path) }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while case let count = fread(&chunk, 1, chunk.count, handle), count > 0 {
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw FileError(action: "read", path: path, reason: "larger than \(limit) bytes")
            }
        }
        guard ferror(handle) == 0 else { throw FileError("read", path) }
        return bytes
    }

    /// The text of the file at `path`, without white space at its ends.
    public static func readTrimmed(_ path: String) throws(FileError) -> String {
        let bytes = try read(path)
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let tail = bytes.drop(while: isSpace)
        let end = tail.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? tail.startIndex
        return String(decoding: tail[tail.startIndex..<end], as: UTF8.self)
    }

    /// Writes `bytes` to `path`: a new file with `mode` beside it, synced, then moved over it, so that a reader sees
    /// the old file or the new one and never a part.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(FileError) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode_t(mode))
        guard descriptor >= 0 else { throw FileError("create", path) }
        guard let handle = fdopen(descriptor, "w") else {
            close(descriptor)
            throw FileError("create", path)
        }
        let written = fwrite(bytes, 1, bytes.count, handle)
        // The umask may have taken bits away; nothing may have added any.
        let ok = fchmod(descriptor, mode_t(mode)) == 0 && fflush(handle) == 0 && fsync(descriptor) == 0
        let closed = fclose(handle) == 0
        guard written == bytes.count, ok, closed, rename(temporary, path) == 0 else {
            let failure = FileError("write", path)
            unlink(temporary)
            throw failure
        }
    }

    /// Removes the file at `path`; one that is not there is no error.
    public static func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
    }

    /// Creates the directory at `path` with `mode` (parents too); one that exists is left as it is.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(FileError) {
        if mkdir(path, mode_t(mode)) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileError("create", path)
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else { throw FileError("create", path) }
    }

    /// The names in the directory at `path`, sorted, without `.` and `..`.
    public static func list(_ path: String) throws(FileError) -> [String] {
        guard let directory = opendir(path) else { throw FileError("open", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// What tells one version of a file from the next: its inode, size and time of change. `nil` when there is none.
    public static func version(of path: String) -> FileVersion? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let changed = status.st_mtimespec
        #else
            let changed = status.st_mtim
        #endif
        return FileVersion(
            inode: UInt64(status.st_ino), size: Int64(status.st_size),
            changed: Int64(changed.tv_sec) &* 1_000_000_000 &+ Int64(changed.tv_nsec))
    }
}

/// See ``FileAccess/version(of:)``.
public struct FileVersion: Sendable, Equatable {
    let inode: UInt64
    /// Bytes.
    public let size: Int64
    /// Nanoseconds since 1970.
    let changed: Int64
}

/// A file that could not be read or written.
public struct FileError: Error, Sendable, CustomStringConvertible {
    /// What was tried: `open`, `read`, `write`, `create`, `remove`.
    public let action: String
    /// The file.
    public let path: String
    /// The system's reason.
    public let reason: String

    init(action: String, path: String, reason: String) {
        self.action = action
        self.path = path
        self.reason = reason
    }

    /// Takes the current `errno`.
    init(_ action: String, _ path: String) {
        self.init(action: action, path: path, reason: String(cString: strerror(errno)))
    }

    /// One line: what, which file, why.
    public var description: String { "cannot \(action) \(path): \(reason)" }
}
