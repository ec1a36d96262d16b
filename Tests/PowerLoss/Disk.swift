import CSQLite
import Foundation
public import TestSupport

/// A disk under SQLite databases whose power can fail: what was not synced by then is lost, or a part of it is, as chance
/// has it. Databases in its ``directory`` are opened through ``fileSystem``.
///
/// Writes, truncations and syncs of files count as operations, and so do changes of the directory. A change of the
/// directory is durable when the file system syncs it; those that were not survive up to one of them.
///
/// `@unchecked Sendable`: everything that changes is touched under the lock only.
public final class Disk: @unchecked Sendable {
    /// What the disk makes of a sync.
    public enum Honesty: Sendable {
        /// Everything written before is durable when it returns.
        case honest
        /// It returns before that, and what was written is durable by the next sync only: as if a commit were acknowledged
        /// before its sync.
        case late
        /// It does nothing: as under `PRAGMA synchronous=OFF`.
        case lying
    }

    /// What a disk does that has a fault.
    public enum Fault: Sendable, CaseIterable {
        /// It takes no write: ENOSPC.
        case full
        /// It takes neither a write nor a sync: EIO. What was to be synced then never is, as on Linux, though it can be read.
        case broken
        /// It cannot be read: EIO.
        case unreadable
    }

    /// The files as they are while the power is there.
    public let directory: TemporaryDirectory
    private let honesty: Honesty
    private let lock = NSLock()
    private var generator: SeededGenerator
    private var files: [String: DiskFile]
    /// The directory as it is for good, and the changes that are on their way: a name gets a file, or none.
    private var durableFiles: [String: DiskFile]
    private var changes: [(name: String, file: DiskFile?)] = []
    private var operations = 0
    private var last = Int.max
    private var fault: (kind: Fault, operations: Range<Int>)?
    private var remains: [String: [UInt8]]?

    /// An empty disk.
    public convenience init(_ generator: SeededGenerator, _ honesty: Honesty = .honest) throws {
        try self.init([:], generator, honesty)
    }

    private init(_ content: [String: [UInt8]], _ generator: SeededGenerator, _ honesty: Honesty) throws {
        directory = try TemporaryDirectory()
        (self.generator, self.honesty) = (generator, honesty)
        files = content.mapValues(DiskFile.init)
        durableFiles = files
        for (name, bytes) in content {
            try Data(bytes).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        PowerLossFileSystem.disks.add(self)
    }

    deinit { PowerLossFileSystem.disks.remove(directory.path) }

    /// The name of SQLite's VFS for databases on such disks.
    public static var fileSystem: String { PowerLossFileSystem.name }

    // MARK: - Faults

    /// Gives the disk a fault from the operation number `first` from now on, for so many operations.
    public func fail(_ kind: Fault, after first: Int = 0, for count: Int = .max) {
        lock.withLock {
            let start = operations + first + 1
            fault = (kind, start..<(count == .max ? .max : start + count))
        }
    }

    /// Takes the fault away.
    public func repair() { lock.withLock { fault = nil } }

    /// The fault that there is now. To be called under the lock.
    private var current: Fault? { fault.flatMap { $0.operations.contains(operations) ? $0.kind : nil } }

    // MARK: - The power

    /// Lets the power fail in the operation number `count` from now.
    public func failPower(after count: Int) { lock.withLock { last = operations + count } }

    /// Whether the power has failed: every operation fails from then on.
    public var hasFailed: Bool { lock.withLock { remains != nil } }

    /// Turns the power off, if it has not failed yet, and on again: what is found then.
    public func afterLoss() throws -> Disk {
        let (content, generator) = lock.withLock {
            if remains == nil { losePower() }
            return (remains ?? [:], self.generator)
        }
        return try Disk(content, generator, honesty)
    }

    /// Does `body`, unless there is no power for one more operation, or `refuse` gives the code of an error.
    private func operate(refusing refuse: (Fault?) -> Int32? = { _ in nil }, _ body: () -> Void) -> Int32 {
        lock.withLock {
            guard remains == nil else { return SQLITE_IOERR }
            operations += 1
            if operations >= last { losePower() }
            guard remains == nil else { return SQLITE_IOERR }
            if let code = refuse(current) { return code }
            body()
            return SQLITE_OK
        }
    }

    private func losePower() {
        var left = durableFiles
        for change in changes.prefix(Int.random(in: 0...changes.count, using: &generator)) {
            left[change.name] = change.file
        }
        // In one order: the same seed leaves the same.
        var content: [String: [UInt8]] = [:]
        for (name, file) in left.sorted(by: { $0.key < $1.key }) {
            let survival = Survival.allCases.randomElement(using: &generator) ?? .nothing
            content[name] = file.afterLoss(survival, &generator)
        }
        remains = content
    }

    // MARK: - What the file system calls

    /// The file of this name, a new one where there is none. nil without power.
    func open(_ name: String) -> DiskFile? {
        lock.withLock {
            guard remains == nil else { return nil }
            if let file = files[name] { return file }
            // What others made before SQLite saw it is taken to be durable.
            if let found = FileManager.default.contents(atPath: directory.file(name)) {
                let file = DiskFile(Array(found))
                (files[name], durableFiles[name]) = (file, file)
                return file
            }
            let file = DiskFile([])
            files[name] = file
            changes.append((name, file))
            return file
        }
    }

    /// - Returns: A result code of SQLite's; so do the others.
    func write(_ bytes: [UInt8], at offset: Int, to file: DiskFile) -> Int32 {
        let refusing = { (fault: Fault?) -> Int32? in
            switch fault {
            case .full: SQLITE_FULL
            case .broken: SQLITE_IOERR
            case .unreadable, nil: nil
            }
        }
        return operate(refusing: refusing) { file.write(bytes, at: offset) }
    }

    func read() -> Int32 {
        lock.withLock { current == .unreadable ? SQLITE_IOERR : SQLITE_OK }
    }

    func truncate(_ file: DiskFile, to size: Int) -> Int32 {
        operate { file.truncate(to: size) }
    }

    /// The first sync of a new file is one of its directory, too, as in SQLite's file system for Unix.
    func sync(_ file: DiskFile) -> Int32 {
        let refusing = { (fault: Fault?) -> Int32? in
            guard fault == .broken else { return nil }
            file.forget()
            return SQLITE_IOERR
        }
        return operate(refusing: refusing) {
            file.sync(honesty)
            if changes.contains(where: { $0.file === file }) { syncDirectory() }
        }
    }

    func remove(_ name: String, syncsDirectory: Bool) -> Int32 {
        operate {
            files[name] = nil
            changes.append((name, nil))
            if syncsDirectory { syncDirectory() }
        }
    }

    private func syncDirectory() {
        guard honesty != .lying else { return }
        for change in changes { durableFiles[change.name] = change.file }
        changes = []
    }
}
