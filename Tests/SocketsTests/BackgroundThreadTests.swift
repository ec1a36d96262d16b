import Foundation
import Testing

@testable import Sockets

@Suite("BackgroundThread")
struct BackgroundThreadTests {
    @Test("returns what the body returns")
    func returns() async {
        #expect(await BackgroundThread.run(name: "test") { 6 * 7 } == 42)
    }

    #if os(Linux)
        /// Of the calling thread.
        private static var niceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

        @Test("yields to the other threads, and they keep their priority")
        func yields() async {
            let own = await BackgroundThread.run(name: "test") { Self.niceness }
            #expect(own == BackgroundThread.niceness)
            // A new thread has the priority of the one that starts it.
            let (others, sink) = AsyncStream.makeStream(of: Int32.self)
            Thread.detachNewThread { sink.yield(Self.niceness) }
            #expect(await others.first { _ in true } != BackgroundThread.niceness)
        }
    #endif
}
