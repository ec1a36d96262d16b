public import Chassis
import HTTP
import Logging
import ServiceLifecycle
import Sockets

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the gateway becomes a service.
public enum GatewayService {
    /// Reads the configuration (`GATEWAY_CONFIG`, else the built-in one) and builds the gateway.
    ///
    /// It is ready when it stands: its readiness does not depend on the services behind it. The key set is fetched in
    /// the background and when the first token comes.
    ///
    /// - Throws: `SettingsError`, or ``ConfigurationErrors`` with everything that is wrong in the file.
    public static func build(_ chassis: Chassis) async throws -> ServiceDefinition {
        let source = ConfigurationSource(
            path: chassis.settings.optionalString("GATEWAY_CONFIG"),
            environment: chassis.environment ?? ProcessInfo.processInfo.environment)
        // Before the file is read: what is written while it is read is a change.
        let served = source.version
        let metrics = GatewayMetrics(chassis.metrics)
        let feed = LiveFeed()
        let build = { @Sendable (loaded: ConfigurationSource.Loaded, previous: Gateway?) throws -> Gateway in
            var environment = try environment(of: chassis, for: loaded.configuration, metrics: metrics)
            environment.liveFeed = feed
            environment.traces = chassis.traces
            environment.faults = chassis.faults
            environment.faultRoutes = chassis.faults == nil ? nil : FaultRoutes(chassis)
            return Gateway(loaded, environment: environment, inheriting: previous)
        }
        let live = LiveGateway(try build(try source.load(), nil), loopCount: chassis.loops.loops.count)
        metrics.watch(live)
        chassis.health.register("user_service_feed") { live.current.projection?.health ?? .healthy }
        warn(about: live.current.limits.mode, chassis.logger)
        let reloader = Reloader(
            source: source, live: live, metrics: ReloadMetrics(chassis.metrics, now: chassis.clock.now),
            logger: chassis.logger, clock: chassis.clock, build: build)
        var definition = ServiceDefinition(
            handler: live.handle, adminRoutes: GatewayAdminRoutes(live: live).install(in:),
            services: [
                KeyRefresh(live: live), UpstreamWatch(live: live),
                ProjectionFollower(projection: { live.current.projection }),
                ConfigurationWatch(reloader: reloader, served: served),
                LiveTicker(
                    feed: feed, live: live, registry: chassis.metrics, clock: chassis.clock,
                    isDraining: { [health = chassis.health] in health.isDraining }),
            ])
        definition.bindsSpans = false
        definition.template = { live.current.template(of: $0) }
        chassis.faults?.offerUpstreams { live.current.upstreams.map(\.configuration.name) }
        return definition
    }

    private static func environment(
        of chassis: Chassis, for configuration: GatewayConfiguration, metrics: GatewayMetrics
    ) throws -> GatewayEnvironment {
        GatewayEnvironment(
            client: chassis.client, metrics: metrics, identity: try identity(of: chassis, for: configuration),
            clock: chassis.clock, logger: chassis.logger, loopCount: chassis.loops.loops.count,
            rateLimits: try chassis.settings.choice("RATE_LIMITS", default: RateLimitMode.on),
            hasConsole: try chassis.settings.bool("CONSOLE", default: true))
    }

    private static func warn(about mode: RateLimitMode, _ logger: Logger) {
        switch mode {
        case .on: break
        case .observe: logger.warning("Rate limits are observed only: RATE_LIMITS=observe refuses nobody")
        case .off: logger.warning("Rate limits are off: RATE_LIMITS=off")
        }
    }

    /// The signing key is needed only when some upstream is to be told who calls.
    private static func identity(
        of chassis: Chassis, for configuration: GatewayConfiguration
    ) throws -> IdentityTokens {
        guard configuration.upstreams.contains(where: { $0.audience != nil }) else {
            return { audience, _ in throw SettingsError(key: "IDENTITY_KEY_FILE", value: nil, allowed: "a file") }
        }
        let signer = try chassis.identity.signer
        return { try signer.signed(for: $0, caller: $1) }
    }

    /// `gateway --schema`: the JSON Schema of configuration files.
    public static var schema: String { ConfigurationSchema.text }

    /// `gateway --validate FILE`: checks a file without starting anything.
    ///
    /// - Returns: What to print, and whether the file is valid.
    public static func validate(_ path: String) -> (text: String, isValid: Bool) {
        do {
            let source = ConfigurationSource(path: path, environment: ProcessInfo.processInfo.environment)
            let configuration = try source.load().configuration
            let counts = [
                "\(configuration.routes.count) routes", "\(configuration.aggregates.count) aggregates",
                "\(configuration.upstreams.count) upstreams",
            ]
            return ("\(path): valid: \(counts.joined(separator: ", "))", true)
        } catch let error as SettingsError {
            return ("\(path): cannot be read: \(error.allowed) is needed", false)
        } catch {
            return ("\(error)", false)
        }
    }
}

/// Fetches the issuers' key sets at the start, and again when they have become old.
private struct KeyRefresh: Service {
    let live: LiveGateway

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // One issuer that is slow to answer does not hold up the others.
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let gateway = live.current
                    gateway.noteChangedKeySet()
                    for issuer in gateway.issuers { group.addTask { await issuer.keys.tick() } }
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }
}
