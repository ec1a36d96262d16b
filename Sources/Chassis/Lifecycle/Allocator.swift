#if canImport(Glibc)
    import CPlatform
    import Glibc
#endif

/// How the C library's allocator is told to keep the process small.
enum Allocator {
    /// Gives blocks of a mebibyte and more back to the system as soon as they are freed, and keeps two arenas.
    ///
    /// glibc raises the size from which it does so by itself, to that of the largest block freed so far: after one
    /// password hash (16 MiB) it would keep every later one's memory. Its arenas, up to eight for each core, each keep
    /// what their threads once needed.
    static func keepSmall() {
        #if canImport(Glibc)
            _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
            _ = mallopt(M_ARENA_MAX, 2)
        #endif
    }

    /// Gives pages that hold only freed blocks back to the system. Threads that allocate meanwhile wait, for
    /// milliseconds where much is free.
    static func trim() {
        #if canImport(Glibc)
            _ = malloc_trim(0)
        #endif
    }
}
