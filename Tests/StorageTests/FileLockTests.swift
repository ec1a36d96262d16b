import TestSupport
import Testing

@testable import Storage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct FileLockTests {
    /// A descriptor that is closed twice may be somebody else's the second time.
    @Test func aRefusedOwnerClosesNothingOfOthers() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.sqlite")
        let owner = try FileLock(database: path)
        let lost = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<3_000 {
                        #expect(throws: DatabaseError.inUse(path: path)) { _ = try FileLock(database: path) }
                    }
                    return 0
                }
                group.addTask {
                    (0..<20_000).count { _ in
                        let descriptor = open("/dev/null", O_RDONLY)
                        defer { close(descriptor) }
                        var status = stat()
                        return fstat(descriptor, &status) != 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        withExtendedLifetime(owner) {}
        #expect(lost == 0)
    }
}
