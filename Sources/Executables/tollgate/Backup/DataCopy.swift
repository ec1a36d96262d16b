import Chassis
import Foundation
import Storage

/// Copies a data directory: databases through SQLite, everything else byte by byte.
struct DataCopy {
    /// A file that was copied.
    struct Copy: Equatable {
        /// From the top of the directory.
        let path: String
        let isDatabase: Bool
        let bytes: Int64
    }

    private static let manifest = "backup.json"
    /// A database's companions, locks, and what a write under way leaves for a moment.
    private static let skipped = ["-wal", "-shm", ".lock", ".partial", ".tmp"]

    private let source: URL
    private let target: URL
    private let partial: URL

    /// A copy of the directory `data`, to be made as the directory `target`.
    init(of data: String, to target: String) {
        source = URL(fileURLWithPath: data).standardizedFileURL
        self.target = URL(fileURLWithPath: target).standardizedFileURL
        partial = URL(fileURLWithPath: self.target.path + ".partial")
    }

    /// Makes the copy beside its final name, and moves it there when it is whole.
    ///
    /// - Returns: What was copied, databases first.
    /// - Throws: ``Failure`` with the reason; nothing is left then.
    func run() async throws -> [Copy] {
        guard !FileManager.default.fileExists(atPath: target.path) else {
            throw Failure("\(target.path) exists already")
        }
        let files = try self.files()
        guard files.contains(where: Self.isDatabase) else { throw Failure("there is no database in \(source.path)") }
        do {
            try Self.makeFolder(partial.path)
            var copies: [Copy] = []
            for file in files { copies.append(try await copy(file)) }
            try writeManifest(copies)
            try FileManager.default.moveItem(at: partial, to: target)
            return copies
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw error as? Failure ?? Failure("cannot back up \(source.path): \(error)")
        }
    }

    /// The files to copy, from the top of the directory. payments-service's database comes before user-service's: who
    /// follows must not have seen more than who is followed.
    private func files() throws -> [String] {
        var found: [String] = []
        try collect("", into: &found)
        return found.sorted { (Self.isDatabase($0) ? 0 : 1, $0) < (Self.isDatabase($1) ? 0 : 1, $1) }
    }

    private func collect(_ folder: String, into found: inout [String]) throws {
        let names: [String]
        do { names = try FileAccess.list(source.path + "/" + folder) } catch { throw Failure("\(error)") }
        // An older copy that lies within.
        guard !names.contains(Self.manifest) || folder.isEmpty else { return }
        for name in names where !Self.skipped.contains(where: { name.hasSuffix($0) }) && name != Self.manifest {
            let path = folder + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(source.path)/\(path)", isDirectory: &isFolder) else {
                continue
            }
            if isFolder.boolValue { try collect(path + "/", into: &found) } else { found.append(path) }
        }
    }

    private func copy(_ file: String) async throws -> Copy {
        let (from, to) = ("\(source.path)/\(file)", "\(partial.path)/\(file)")
        try Self.makeFolder(URL(fileURLWithPath: to).deletingLastPathComponent().path)
        let isDatabase = Self.isDatabase(file)
        if isDatabase {
            try await SQLiteDatabase.backup(of: from, to: to)
        } else {
            try FileAccess.write(FileAccess.read(from, limit: 64 << 20), to: to, mode: 0o600)
        }
        return Copy(path: file, isDatabase: isDatabase, bytes: FileAccess.version(of: to)?.size ?? 0)
    }

    private func writeManifest(_ copies: [Copy]) throws {
        let names = copies.map { "\"\($0.path)\"" }.joined(separator: ",")
        let text = "{\"created_at\":\"\(RFC3339.string(SystemWallClock().now))\",\"files\":[\(names)]}\n"
        try FileAccess.write(Array(text.utf8), to: "\(partial.path)/\(Self.manifest)")
    }

    private static func isDatabase(_ file: String) -> Bool { file.hasSuffix(".sqlite") }

    private static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
