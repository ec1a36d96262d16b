import Logging
import ServiceLifecycle
import Synchronization

/// One service of several in a process. Beside the loops and the writer of log lines, which are the ``ServiceHost``'s, it
/// has everything that it would have in a process of its own: settings, name in the log, metrics, traces, identity,
/// database and admin port.
public final class HostedService: Sendable {
    /// The name of the service.
    public let name: String
    let chassis: Chassis
    private let definition: ServiceDefinition
    private let runner: ServiceRunner
    private let state = Mutex(State())

    private struct State {
        var group: ServiceGroup?
        var hasEnded = false
    }

    /// Builds the service; ``ServiceHost/serve(_:behind:onReady:)`` runs it.
    /// - Parameters:
    ///   - environment: What its settings, and a gateway's configuration, are read from.
    ///   - facesStrangers: See ``Chassis``.
    /// - Throws: `SettingsError`, and what `build` throws.
    public init(
        _ name: String, environment: [String: String], host: ServiceHost, facesStrangers: Bool = false,
        build: @Sendable (Chassis) async throws -> ServiceDefinition
    ) async throws {
        self.name = name
        let settings = try Settings.load(environment)
        let logs = Logs(
            service: name, version: ServiceMain.version, settings: try LogSettings(settings), writer: host.writer)
        let metrics = facesStrangers ? host.metrics : MetricsRegistry()
        ProcessMetrics.install(in: metrics, startedAt: SystemWallClock().now)
        chassis = try Chassis(
            name: name, settings: settings, logger: logs.logger(name), metrics: metrics,
            facesStrangers: facesStrangers, network: host.network, environment: environment)
        try FileAccess.makeDirectory(chassis.listen.dataDirectory)
        definition = try await build(chassis)
        runner = ServiceRunner(chassis: chassis, logs: logs, startedAt: host.startedAt)
    }

    /// Serves until ``stop()``.
    func run() async throws {
        defer { state.withLock { $0.hasEnded = true } }
        try await runner.run(definition) { group in
            state.withLock { $0.group = group }
        }
        chassis.logger.info("stopped")
    }

    /// Has it finish its requests and end.
    func stop() async { await state.withLock { $0.group }?.triggerGracefulShutdown() }

    /// Whether it serves, as `/readyz` would say.
    var isReady: Bool {
        get async { await !chassis.health.results().contains(where: \.status.isUnhealthy) }
    }

    /// Whether its run is over.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
}
