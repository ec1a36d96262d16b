#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A directory (mode 0700) that is removed, with all it holds, when the last reference to it goes.
public final class TemporaryDirectory: Sendable {
    /// The absolute path, without a trailing slash.
    public let path: String

    /// Creates the directory under `TMPDIR` (or `/tmp`).
    /// - Throws: ``SystemCallFailure`` when the system refuses.
    public init() throws {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/tollgate-test-XXXXXX".utf8CString)
        guard let created = mkdtemp(&template) else { throw SystemCallFailure("mkdtemp") }
        path = String(cString: created)
    }

    /// The path of `name` inside the directory.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file of the directory and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        guard let handle = fopen(file(name), "w") else { throw SystemCallFailure("fopen") }
        defer { fclose(handle) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, handle) == bytes.count else { throw SystemCallFailure("fwrite") }
        return file(name)
    }

    /// The text of a file of the directory.
    public func read(_ name: String) throws -> String {
        guard let handle = fopen(file(name), "r") else { throw SystemCallFailure("fopen") }
        defer { fclose(handle) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, handle), count > 0 { text += chunk[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                    String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name != ".", name != ".." else { continue }
                let child = "\(path)/\(name)"
                var status = stat()
                if lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    remove(child)
                } else {
                    unlink(child)
                }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}

/// A system call that failed, with its `errno`.
public struct SystemCallFailure: Error, CustomStringConvertible {
    /// The name of the call.
    public let call: String
    /// The value of `errno` when it failed.
    public let code: Int32

    /// Takes the current `errno`.
    public init(_ call: String) {
        self.call = call
        self.code = errno
    }

    /// The call and the system's message.
    public var description: String { "\(call): \(String(cString: strerror(code)))" }
}
