public import HTTP
public import Logging
public import Sockets

/// What every service is given at its start.
public final class Chassis: Sendable {
    /// The name of the service, such as `payments-service`: in logs, in tokens, on `/version`.
    public let name: String
    /// The version of the program.
    public let version: String
    /// The settings of the process.
    public let settings: Settings
    /// Where to listen, and where the data is.
    public let listen: ListenSettings
    /// The service's logger.
    public let logger: Logger
    /// The service's metrics; also what swift-metrics counts into.
    public let metrics: MetricsRegistry
    /// The event loops.
    public let loops: EventLoopGroup
    /// Resolves names off the loops.
    public let resolver: Resolver
    /// Calls other services.
    public let client: HTTPClient
    /// The readiness checks.
    public let health: HealthRegistry
    /// Threads for work that blocks or computes for long.
    public let blocking: BlockingPool
    /// The traces of requests and of other work.
    public let traces: Traces
    /// Signs calls to other services and verifies theirs.
    public let identity: IdentityService
    /// Addresses that lead to services of this very process; nil in a process of one service.
    public let network: InProcessNetwork?
    /// The environment that the settings came from; nil for the process's own.
    public let environment: [String: String]?
    /// Lets operators, and nobody else, at the admin routes that show or change more than health: `ADMIN_TOKEN_FILE`
    /// or `ADMIN_TOKEN`; without one nobody.
    public let adminToken: AdminToken
    /// The time of day.
    public let clock: any WallClock
    /// Makes the service fail on purpose; `nil` unless `FAULT_LAB=on`.
    public let faults: FaultLab?
    /// Makes the ids of objects.
    public let identifiers: any IdentifierGenerator

    /// A chassis of its settings. `ServiceMain` makes the one of a process; tests make theirs, with a clock and ids of
    /// their own.
    /// - Parameter facesStrangers: Whether those who call may be anybody, so that what they say about their trace decides
    ///   nothing.
    /// - Parameter network: Other services of the process, whose loops it then shares.
    /// - Throws: ``SettingsError``, or `SocketError` when descriptors run out.
    public init(
        name: String, version: String = ServiceMain.version, settings: Settings, logger: Logger,
        metrics: MetricsRegistry = MetricsRegistry(), clock: any WallClock = SystemWallClock(),
        identifiers: any IdentifierGenerator = Identifier.standard, identity: IdentityService? = nil,
        facesStrangers: Bool = false, network: InProcessNetwork? = nil, environment: [String: String]? = nil
    ) throws {
        self.name = name
        self.version = version
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
        self.identifiers = identifiers
        self.network = network
        self.environment = environment
        let faults =
            try settings.bool("FAULT_LAB", default: false)
            ? FaultLab(clock: clock, metrics: FaultMetrics(metrics), logger: logger, identifiers: identifiers) : nil
        self.faults = faults
        let clock = faults?.clock ?? clock
        self.clock = clock
        listen = try ListenSettings(settings)
        self.identity = try identity ?? IdentityService(name: name, settings: settings, clock: clock)
        adminToken = AdminToken(try settings.secret("ADMIN_TOKEN"))
        health = HealthRegistry()
        loops = try network?.group ?? EventLoopGroup(count: listen.loops, readiness: listen.readiness)
        resolver = Resolver()
        client = HTTPClient(group: loops, resolver: resolver, network: network)
        traces = Traces(
            try TracingSettings(settings, name: name, version: version, isEdge: facesStrangers), version: version,
            client: client, logger: logger, metrics: metrics)
        blocking = BlockingPool(name: "work", width: loops.loops.count, queueLimit: 256)
    }

    /// The path of the service's database: `<DATA_DIR>/<name>.sqlite`.
    public var databasePath: String { "\(listen.dataDirectory)/\(name).sqlite" }
}
