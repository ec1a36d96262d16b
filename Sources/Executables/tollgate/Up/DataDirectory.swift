import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folder that holds the databases and keys of a system started by `up`: mode 0700, used by one `up` at a time.
final class DataDirectory {
    let path: String
    private let lock: Int32

    /// Creates the folder where it is missing and locks it until this object goes away.
    ///
    /// - Throws: ``Failure`` when it cannot be created, entered or written, when others than its owner have a way in, or
    ///   when another `up` holds it.
    init(_ path: String) throws {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        try Self.create(self.path)
        try Self.expectPrivate(self.path)
        lock = try Self.lock(self.path)
    }

    deinit { close(lock) }

    /// Creates a folder of one service inside.
    func createFolder(_ name: String) throws { try Self.create("\(path)/\(name)") }

    /// Makes what is missing of folders and keys, and sees to it that nobody else has the ports.
    /// - Parameter listening: Those of the services that open their own port, not only the admin port.
    /// - Throws: ``Failure`` with the first thing that is in the way.
    func prepare(for plans: [ServicePlan], listening: [ServicePlan]) throws {
        for plan in listening { try PortProbe.expectFree(plan.port, for: plan.name) }
        for plan in plans {
            try PortProbe.expectFree(plan.adminPort, for: "\(plan.name)'s admin port")
            try createFolder(plan.name)
        }
        try KeyMaterial.createWhereMissing(in: "\(path)/keys")
    }

    private static func create(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw Failure("\(path) is a file; --data names a folder") }
            guard access(path, R_OK | W_OK | X_OK) == 0 else { throw Failure("cannot use \(path): \(reason())") }
            return
        }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("cannot create \(path): \(reason())")
        }
    }

    /// Keys and money lie in it. A folder that was there before is refused, not changed: it may be one that others use,
    /// named by mistake.
    private static func expectPrivate(_ path: String) throws {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
        else { throw Failure("cannot use \(path)") }
        guard mode & 0o077 == 0 else {
            throw Failure("\(path) is open to others (mode 0\(String(mode, radix: 8))); `chmod 700 \(path)` closes it")
        }
    }

    private static func lock(_ path: String) throws -> Int32 {
        let file = open("\(path)/.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure("cannot write in \(path): \(reason())") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw Failure("\(path) is in use by another `tollgate up`")
        }
        return file
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
