import ServiceLifecycle
import Sockets

/// Looks after the upstreams without waiting for requests: health checks, names, ejections that are over.
struct UpstreamWatch: Service {
    let live: LiveGateway

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let now = CoarseClock.milliseconds()
                for upstream in live.current.upstreams {
                    upstream.review(now: now)
                    upstream.check(now: now)
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
