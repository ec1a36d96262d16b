#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A thread for one long computation that no request waits for, such as reading a configuration again. It takes what time
/// the loops leave: where cores are few, a computation of equal right would stop each of them for milliseconds at a time.
public enum BackgroundThread {
    /// How much the thread yields to others, of 19 (setpriority(2)).
    static let niceness: Int32 = 15

    /// Runs `body` on a new thread and waits for what it returns.
    ///
    /// - Parameter name: The thread's, for tools that show it; at most 15 characters.
    public static func run<T: Sendable>(name: String, _ body: @escaping @Sendable () -> T) async -> T {
        await withUnsafeContinuation { continuation in
            SystemThread.start(stackSize: 4 << 20) {
                CurrentLoop.name(name)
                yieldToOthers()
                continuation.resume(returning: body())
            }
        }
    }

    /// Only makes things slower for others where it fails: not an error.
    private static func yieldToOthers() {
        #if os(Linux)
            // Of this thread alone: Linux gives each its own, unlike POSIX.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        #else
            pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
        #endif
    }
}
