#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A thread of the system. Foundation's `Thread` would do, but brings all of Foundation with it, the data of ICU among
/// that: 40 MB in a program that is 15 MB without.
enum SystemThread {
    /// The body on its way to the new thread.
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread, detached: it is gone when `body` returns.
    ///
    /// The process ends where the system has no thread left: nothing here can go on without.
    ///
    /// - Parameter stackSize: In bytes.
    static func start(stackSize: Int, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let argument = Unmanaged.passRetained(Start(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(&thread, &attributes, { SystemThread.run($0) }, argument)
        #else
            var thread = pthread_t()
            let code = pthread_create(&thread, &attributes, { $0.flatMap(SystemThread.run) }, argument)
        #endif
        precondition(code == 0, "no thread: \(String(cString: strerror(code)))")
    }

    private static func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}
