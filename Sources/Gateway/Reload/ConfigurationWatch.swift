import Chassis
import ServiceLifecycle
import Sockets
import UnixSignals

/// Looks at the configuration file once a second, and at once on SIGHUP.
///
/// It looks, in place of asking the system for events, because that works for every file system and for the swapped
/// symbolic links of a mounted ConfigMap; a `stat` a second costs nothing.
struct ConfigurationWatch: Service {
    let reloader: Reloader
    /// The version that serves.
    let served: FileVersion?

    private enum Event {
        case look
        case signal
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await watch(signals)
        }
    }

    private func watch(_ signals: UnixSignalsSequence) async {
        let (events, feed) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(2))
        await withTaskGroup { group in
            group.addTask {
                for await _ in signals { feed.yield(.signal) }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    feed.yield(.look)
                }
                feed.finish()
            }
            var trigger = ReloadTrigger(read: served)
            for await event in events {
                let version = reloader.source.version
                switch event {
                case .look where trigger.look(version) == .reload: await reload(cause: "file")
                case .signal where trigger.ask(version) == .reload: await reload(cause: "signal")
                default: break
                }
            }
            group.cancelAll()
        }
    }

    /// A thousand routes are tens of milliseconds of work: requests come first.
    private func reload(cause: String) async {
        await BackgroundThread.run(name: "reload") { reloader.reload(cause: cause) }
    }
}
