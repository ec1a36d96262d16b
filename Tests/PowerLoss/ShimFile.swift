import CSQLite

/// What an open file of the shim belongs to.
final class OpenFile {
    let disk: Disk
    let file: DiskFile

    init(_ disk: Disk, _ file: DiskFile) { (self.disk, self.file) = (disk, file) }
}

/// An open file as SQLite allocates it for the shim: the methods come first, then what it belongs to, then the
/// platform's own.
struct ShimFile {
    var base: sqlite3_file
    /// A retained ``OpenFile``; nil for a file without a name.
    var context: UnsafeMutableRawPointer?

    /// Where the platform's own begins, bytes.
    static let size = (MemoryLayout<ShimFile>.stride + 15) & ~15

    static func real(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + size).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func shim(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<ShimFile> {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: ShimFile.self)
    }

    static func attach(_ opened: OpenFile?, to file: UnsafeMutablePointer<sqlite3_file>) {
        shim(file).pointee.context = opened.map { Unmanaged.passRetained($0).toOpaque() }
        shim(file).pointee.base.pMethods = UnsafePointer(methods)
    }

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>) -> OpenFile? {
        shim(file).pointee.context.map { Unmanaged<OpenFile>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body` with the platform's file and its methods.
    private static func forward(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) -> Int32
    ) -> Int32 {
        guard let file else { return SQLITE_MISUSE }
        let real = real(file)
        return body(real, real.pointee.pMethods.pointee)
    }

    /// The same after the disk was asked.
    private static func ask(
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ disk: (OpenFile) -> Int32,
        _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) -> Int32
    ) -> Int32 {
        guard let file else { return SQLITE_MISUSE }
        let code = opened(file).map(disk) ?? SQLITE_OK
        return code == SQLITE_OK ? forward(file, body) : code
    }

    /// https://sqlite.org/c3ref/io_methods.html, version 2: with the shared memory of the log, without memory-mapped reads.
    ///
    /// SQLite calls them from any thread, and they never change.
    nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        methods.pointee.iVersion = 2
        setChanges(&methods.pointee)
        setForwards(&methods.pointee)
        return methods
    }()

    private static func setChanges(_ methods: inout sqlite3_io_methods) {
        methods.xWrite = { file, buffer, count, offset in
            let bytes = Array(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            return ShimFile.ask(file, { $0.disk.write(bytes, at: Int(offset), to: $0.file) }) { real, methods in
                methods.xWrite(real, buffer, count, offset)
            }
        }
        methods.xTruncate = { file, size in
            ShimFile.ask(file, { $0.disk.truncate($0.file, to: Int(size)) }) { real, methods in
                methods.xTruncate(real, size)
            }
        }
        methods.xSync = { file, _ in ShimFile.ask(file, { $0.disk.sync($0.file) }) { _, _ in SQLITE_OK } }
        methods.xClose = { file in
            guard let file else { return SQLITE_MISUSE }
            if let context = ShimFile.shim(file).pointee.context { Unmanaged<OpenFile>.fromOpaque(context).release() }
            return ShimFile.forward(file) { real, methods in methods.xClose(real) }
        }
    }

    private static func setForwards(_ methods: inout sqlite3_io_methods) {
        methods.xRead = { file, buffer, count, offset in
            ShimFile.ask(file, { $0.disk.read() }) { $1.xRead($0, buffer, count, offset) }
        }
        methods.xFileSize = { file, size in ShimFile.forward(file) { $1.xFileSize($0, size) } }
        methods.xLock = { file, level in ShimFile.forward(file) { $1.xLock($0, level) } }
        methods.xUnlock = { file, level in ShimFile.forward(file) { $1.xUnlock($0, level) } }
        methods.xCheckReservedLock = { file, result in ShimFile.forward(file) { $1.xCheckReservedLock($0, result) } }
        methods.xFileControl = { file, operation, argument in
            ShimFile.forward(file) { $1.xFileControl($0, operation, argument) }
        }
        methods.xSectorSize = { file in ShimFile.forward(file) { $1.xSectorSize($0) } }
        methods.xDeviceCharacteristics = { file in ShimFile.forward(file) { $1.xDeviceCharacteristics($0) } }
        methods.xShmMap = { file, page, size, extends, memory in
            ShimFile.forward(file) { $1.xShmMap($0, page, size, extends, memory) }
        }
        methods.xShmLock = { file, offset, count, flags in
            ShimFile.forward(file) { $1.xShmLock($0, offset, count, flags) }
        }
        methods.xShmBarrier = { file in
            _ = ShimFile.forward(file) { real, methods in
                methods.xShmBarrier(real)
                return SQLITE_OK
            }
        }
        methods.xShmUnmap = { file, deletes in ShimFile.forward(file) { $1.xShmUnmap($0, deletes) } }
    }
}
