import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A log file that becomes `<path>.1` when it is full, the former `.1` becomes `.2`, and so on; the oldest goes.
///
/// A file that was moved or removed by somebody else (logrotate, a sidecar) is noticed and made anew.
final class RotatedFile: LogOutput {
    private struct State {
        var descriptor: Int32
        var size: Int
        var version: FileVersion?
    }

    private let path: String
    private let limit: Int
    private let kept: Int
    private let state: Mutex<State>

    init(path: String, limit: Int, kept: Int) throws(FileError) {
        self.path = path
        self.limit = limit
        self.kept = kept
        state = Mutex(try Self.open(path))
    }

    deinit { _ = state.withLock { close($0.descriptor) } }

    func write(_ lines: [UInt8]) {
        state.withLock { state in
            if mustReopen(state) { reopen(&state) }
            if state.size > 0, state.size + lines.count > limit { rotate(&state) }
            DescriptorOutput(state.descriptor).write(lines)
            state.size += lines.count
        }
    }

    private func mustReopen(_ state: State) -> Bool {
        FileAccess.version(of: path)?.inode != state.version?.inode
    }

    private func rotate(_ state: inout State) {
        if kept == 0 { unlink(path) }
        for number in stride(from: kept, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        reopen(&state)
    }

    private func reopen(_ state: inout State) {
        // When there is no new file (the disk is full, the directory gone) the old one is still better than none.
        guard let new = try? Self.open(path) else { return }
        close(state.descriptor)
        state = new
    }

    private static func open(_ path: String) throws(FileError) -> State {
        let descriptor = systemOpen(path)
        guard descriptor >= 0 else { throw FileError("open", path) }
        let version = FileAccess.version(of: path)
        return State(descriptor: descriptor, size: Int(version?.size ?? 0), version: version)
    }
}

private func systemOpen(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode_t(0o640))
}
