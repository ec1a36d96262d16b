import Synchronization
import TestSupport
import Testing

@testable import Chassis

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct ParentWatchTests {
    private func pipeEnds() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func theEndOfThePipeIsReportedOnceAndBytesAreNot() async throws {
        let (readEnd, writeEnd) = pipeEnds()
        defer { close(readEnd) }
        let ended = Counter()
        try ParentWatch(Settings(["STOP_AT_STDIN_EOF": "on"])).start(readEnd) { ended.count.add(1, ordering: .relaxed) }
        #expect(write(writeEnd, "hello", 5) == 5)
        try await waitUntil("the bytes are taken") { available(readEnd) == 0 }
        #expect(ended.value == 0)
        close(writeEnd)
        try await waitUntil("the end is seen") { ended.value == 1 }
    }

    @Test func offUnlessAskedFor() throws {
        #expect(try !ParentWatch(Settings([:])).isOn)
        #expect(throws: SettingsError.self) { try ParentWatch(Settings(["STOP_AT_STDIN_EOF": "maybe"])) }
    }

    private func available(_ descriptor: Int32) -> Int32 {
        var count: Int32 = 0
        _ = ioctl(descriptor, UInt(FIONREAD), &count)
        return count
    }

    private final class Counter: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
    }
}
