import CSQLite
import Foundation
import TestSupport

/// A VFS (https://sqlite.org/vfs.html) in front of the platform's: it tells a ``Disk`` of everything that changes its
/// files. Nothing is synced for real.
enum PowerLossFileSystem {
    /// Registers it at the first use.
    static let name: String = {
        sqlite3_vfs_register(shim, 0)
        return "power-loss"
    }()

    static let disks = Disks()

    /// SQLite calls it from any thread, and it never changes.
    nonisolated(unsafe) static let platform: UnsafeMutablePointer<sqlite3_vfs> = sqlite3_vfs_find(nil)

    /// As above.
    nonisolated(unsafe) private static let shim: UnsafeMutablePointer<sqlite3_vfs> = {
        let shim = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        shim.initialize(to: platform.pointee)
        shim.pointee.pNext = nil
        shim.pointee.zName = UnsafePointer(strdup("power-loss"))
        shim.pointee.szOsFile = Int32(ShimFile.size) + platform.pointee.szOsFile
        shim.pointee.xOpen = { _, path, file, flags, outFlags in
            file.map { PowerLossFileSystem.open(path, $0, flags, outFlags) } ?? SQLITE_CANTOPEN
        }
        shim.pointee.xDelete = { _, path, syncsDirectory in
            guard let path, let (disk, name) = PowerLossFileSystem.disks.find(path) else { return SQLITE_IOERR }
            let code = disk.remove(name, syncsDirectory: syncsDirectory != 0)
            let platform = PowerLossFileSystem.platform
            return code == SQLITE_OK ? platform.pointee.xDelete(platform, path, 0) : code
        }
        return shim
    }()

    private static func open(
        _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        file.pointee.pMethods = nil
        var opened: OpenFile?
        // A file without a name is SQLite's own for a while, and nothing of it is ever looked for.
        if let path {
            guard let (disk, name) = disks.find(path), let found = disk.open(name) else { return SQLITE_CANTOPEN }
            opened = OpenFile(disk, found)
        }
        let real = ShimFile.real(file)
        let code = platform.pointee.xOpen(platform, path, real, flags, outFlags)
        guard code == SQLITE_OK else {
            if real.pointee.pMethods != nil { _ = real.pointee.pMethods.pointee.xClose(real) }
            return code
        }
        ShimFile.attach(opened, to: file)
        return SQLITE_OK
    }
}

/// The disks that are there, by their directories.
///
/// `@unchecked Sendable`: the table is touched under the lock only.
final class Disks: @unchecked Sendable {
    private struct Reference { weak var disk: Disk? }

    private let lock = NSLock()
    private var byDirectory: [String: Reference] = [:]

    func add(_ disk: Disk) { lock.withLock { byDirectory[Self.key(disk.directory.path)] = Reference(disk: disk) } }

    func remove(_ directory: String) { lock.withLock { byDirectory[Self.key(directory)] = nil } }

    /// The disk that a path leads to, and the name of the file there.
    func find(_ path: UnsafePointer<CChar>) -> (Disk, name: String)? {
        let path = String(cString: path)
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let disk = lock.withLock { byDirectory[Self.key(String(path[..<slash]))]?.disk }
        return disk.map { ($0, String(path[path.index(after: slash)...])) }
    }

    /// The last component alone, which is a directory's own: the way to it may be written in several ways.
    private static func key(_ directory: String) -> String {
        directory.lastIndex(of: "/").map { String(directory[directory.index(after: $0)...]) } ?? directory
    }
}
