import Logging
import ServiceLifecycle

/// Looks every five seconds whether the key files have changed: mounted Secrets are replaced while a service runs.
struct IdentityRefresher: Service {
    let identity: IdentityService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                guard (try? await Task.sleep(for: .seconds(5))) != nil else { return }
                refresh()
            }
        }
    }

    private func refresh() {
        do throws(SettingsError) {
            if try identity.refresh() { logger.info("identity keys changed") }
        } catch {
            // The keys in use stay. Half of a rotation may be on the disk; the next look finds the rest.
            logger.error("identity keys unreadable", metadata: ["key": "\(error.key)"])
        }
    }
}
