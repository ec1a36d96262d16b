import Chassis
import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization

/// The gateway at work: one configuration, compiled, and the filters in their order: route, limit by address,
/// authenticate, limit by identity, authorise, then proxy, aggregate or answer.
final class Gateway: Sendable {
    let origin: ConfigurationSource.Loaded
    let upstreams: [Upstream]
    let routes: [CompiledRoute]
    let issuers: [TokenIssuer]
    let projection: IdentityProjection?
    /// The projection's generation of the key set that was passed on.
    let seenKeySet = Atomic<Int>(0)
    let matcher: RouteMatcher
    let limits: RateLimits
    let throttles: Throttles
    let authenticator: Authenticator?
    let apiKeys: APIKeyAuthenticator?
    let forwarder: Forwarder
    let aggregator: Aggregator
    let audit: RefusalAudit
    let signer: IdentityTokens
    let clock: any WallClock
    let loops: [LoopState]
    let trustedProxies: Int
    let underscores: LimitsConfiguration.Underscores
    let standardFields: AnswerFields
    /// Whether the routes of the console are answered; as if there were none, else.
    let hasConsole: Bool
    let liveFeed: LiveFeed
    let traces: Traces
    let faultDesk: FaultDesk
    let metrics: GatewayMetrics
    let random: @Sendable (UInt64) -> UInt64

    /// - Parameter previous: The gateway that serves a previous configuration: what it knows about upstreams, tokens,
    ///   keys and limits is taken over as far as this configuration says the same about them.
    init(
        _ origin: ConfigurationSource.Loaded, environment: GatewayEnvironment, inheriting previous: Gateway? = nil
    ) {
        let configuration = origin.configuration
        self.origin = origin
        let metrics = environment.metrics
        let inheritance = Inheritance(from: previous, to: configuration)
        let surroundings = Upstream.Surroundings(
            client: environment.client, logger: environment.logger, loopCount: environment.loopCount)
        let upstreams = configuration.upstreams.enumerated().map { index, upstream in
            inheritance?.upstream(upstream, index: index)
                ?? Upstream(
                    upstream, index: index, metrics: metrics.upstream(upstream.name), surroundings: surroundings,
                    inheriting: previous?.upstreams.first { $0.configuration.name == upstream.name })
        }
        self.upstreams = upstreams
        let names = AccessNames(configuration)
        let throttles = Throttles(configuration, inheriting: previous?.throttles, metrics: metrics)
        self.throttles = throttles
        routes =
            RouteCompiler(
                configuration, upstreams: upstreams, names: names, throttles: throttles, metrics: metrics
            ).routes
        matcher = RouteMatcher(configuration.matches)
        let entries = configuration.limits.rateLimitEntries
        limits = RateLimits(
            store: previous?.limits.store.resized(to: entries) ?? environment.rateLimitStore(entries),
            mode: environment.rateLimits)
        let issuers = (configuration.authentication?.issuers ?? []).map {
            TokenIssuer(
                $0, upstreams: upstreams, environment: environment, inheriting: inheritance?.keys(of: $0))
        }
        self.issuers = issuers
        let projection = configuration.projection.flatMap {
            inheritance?.projection
                ?? IdentityProjection(
                    configuration: $0, upstreams: upstreams, environment: environment,
                    inheriting: inheritance?.formerProjection)
        }
        self.projection = projection
        authenticator =
            issuers.isEmpty
            ? nil
            : Authenticator(
                issuers: issuers, sessions: projection, names: names, metrics: metrics, clock: environment.clock)
        apiKeys = projection.map {
            APIKeyAuthenticator(projection: $0, names: names, metrics: metrics, clock: environment.clock)
        }
        forwarder = Forwarder(
            client: environment.client, replayLimit: configuration.limits.replayBody, faults: environment.faults)
        aggregator = Aggregator(client: environment.client, faults: environment.faults)
        audit = RefusalAudit(logger: environment.logger, clock: environment.clock, inheriting: previous?.audit)
        signer = environment.identity
        clock = environment.clock
        loops =
            inheritance?.loops
            ?? (0..<max(1, environment.loopCount)).map { _ in
                LoopState(
                    tokenEntries: configuration.authentication?.cacheEntries ?? 0,
                    keyEntries: configuration.projection?.cacheEntries ?? 0)
            }
        trustedProxies = configuration.limits.trustedProxies
        underscores = configuration.limits.underscores
        standardFields = AnswerFields(HeaderEdits(), security: configuration.securityFields)
        hasConsole = environment.hasConsole
        liveFeed = environment.liveFeed
        traces = environment.traces
        faultDesk = FaultDesk(own: environment.faultRoutes, client: environment.client, upstreams: upstreams)
        self.metrics = metrics
        random = environment.random
        metrics.configurations.add(1)
    }

    deinit { metrics.configurations.add(-1) }
}
