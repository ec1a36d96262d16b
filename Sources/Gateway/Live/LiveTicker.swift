import Chassis
import JSON
import ServiceLifecycle
import Sockets

/// Makes a snapshot each second while somebody watches, and costs nothing while nobody does.
struct LiveTicker: Service {
    let feed: LiveFeed
    let live: LiveGateway
    let registry: MetricsRegistry
    let clock: any WallClock
    /// Streams end when the drain begins: it would have to wait for them.
    let isDraining: @Sendable () -> Bool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var history = LiveHistory()
            while !Task.isCancelled {
                if isDraining() { feed.close() }
                if feed.isWatched { feed.send(snapshot(&history)) } else { history = LiveHistory() }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        feed.close()
    }

    private func snapshot(_ history: inout LiveHistory) -> String {
        let (now, gateway) = (CoarseClock.milliseconds(), live.current)
        let rates = history.add(LiveCounts(reading: registry, without: gateway.streams), at: now)
        var json = JSONWriter(capacity: 8_192)
        LiveSnapshot(gateway: gateway, rates: rates, at: clock.now, now: now).write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Gateway {
    /// The path templates of routes that answer with streams.
    var streams: Set<String> {
        Set(
            routes.filter { route in
                if case .own(.live) = route.action { true } else { route.isStreaming }
            }.map(\.template))
    }
}
