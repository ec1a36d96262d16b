import Dispatch

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Notices the end of the process that started this one: `STOP_AT_STDIN_EOF` says that standard input is a pipe of its.
///
/// The kernel closes the pipe however that process ends. Linux's PR_SET_PDEATHSIG would not do: it also fires when only
/// the thread that started this process ends, and the parent's threads come from a pool.
struct ParentWatch {
    /// Whether this process ends with its parent; default no: standard input may be anything.
    let isOn: Bool

    /// Reads the setting.
    init(_ settings: Settings) throws(SettingsError) { isOn = try settings.bool("STOP_AT_STDIN_EOF", default: false) }

    /// Calls `ended` once, when the last writer of `descriptor` is gone.
    func start(_ descriptor: Int32 = STDIN_FILENO, ended: @escaping @Sendable () async -> Void) {
        guard isOn else { return }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler {
            guard Self.isAtEnd(descriptor) else { return }
            source.cancel()
            Task { await ended() }
        }
        source.activate()
    }

    /// Takes what can be read, which nobody wants, and tells whether that was the end.
    private static func isAtEnd(_ descriptor: Int32) -> Bool {
        var ignored: (UInt64, UInt64) = (0, 0)
        let count = read(descriptor, &ignored, MemoryLayout.size(ofValue: ignored))
        return count == 0 || count < 0 && errno != EINTR && errno != EAGAIN
    }
}
