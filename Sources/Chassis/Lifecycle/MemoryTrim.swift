import HTTP
import ServiceLifecycle
import Sockets

/// Gives back the memory of connections that have come to rest.
struct MemoryTrim: Service {
    let server: HTTPServer
    let blocking: BlockingPool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var schedule = TrimSchedule()
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard schedule.isDue(resting: server.restingConnections) else { continue }
                try? await blocking.run { Allocator.trim() }
            }
        }
    }
}
