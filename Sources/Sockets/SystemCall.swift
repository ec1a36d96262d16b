#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// System calls whose names methods of this module have too.
enum SystemCall {
    static func accept(
        _ listener: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<socklen_t>?
    ) -> Int32 {
        #if canImport(Darwin)
            Darwin.accept(listener, address, length)
        #else
            Glibc.accept(listener, address, length)
        #endif
    }

    static func connect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        #if canImport(Darwin)
            Darwin.connect(descriptor, address, length)
        #else
            Glibc.connect(descriptor, address, length)
        #endif
    }
}
