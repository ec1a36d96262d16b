import CPlatform

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The loop of the running thread, in thread-local storage: a task-local would be lost where callbacks begin.
enum CurrentLoop {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    static var value: EventLoop? {
        guard let raw = pthread_getspecific(key) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(raw).takeUnretainedValue()
    }

    /// Unretained: the thread's own closure keeps the loop alive.
    static func set(_ loop: EventLoop?) {
        pthread_setspecific(key, loop.map { Unmanaged.passUnretained($0).toOpaque() })
    }

    /// Names the running thread, for debuggers and `top -H`.
    static func name(_ name: String) {
        #if canImport(Darwin)
            pthread_setname_np(name)
        #else
            pthread_setname_np(pthread_self(), name)
        #endif
    }

    @inline(__always) static var threadIdentity: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
