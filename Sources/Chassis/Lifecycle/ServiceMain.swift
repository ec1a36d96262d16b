import CoreMetrics
import Logging
import ServiceLifecycle
import Sockets
import Tracing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The whole main of a service.
public enum ServiceMain {
    /// The version of this source tree.
    public static let version = "0.1.0"

    /// Does what the command line asks for: without arguments ``serve(_:build:)``; `--health` exits 0 if the service
    /// that runs with the same settings is ready and 1 if not; `--version` prints the version; anything else prints how
    /// to use it and exits 64 (EX_USAGE).
    public static func run(
        _ name: String, arguments: some Collection<String> = CommandLine.arguments.dropFirst(),
        build: @escaping @Sendable (Chassis) async throws -> ServiceDefinition
    ) async -> Never {
        switch ServiceCommand(arguments) {
        case .serve: await serve(name, build: build)
        case .health: await checkHealth(name)
        case .version:
            print("\(name) \(version)")
            exit(0)
        case .help:
            print(ServiceCommand.usage(of: name))
            exit(0)
        case .unknown:
            print(ServiceCommand.usage(of: name))
            exit(EX_USAGE)
        }
    }

    /// Reads the settings, sets up logs, metrics and the admin port, builds the service, serves until SIGTERM or
    /// SIGINT, drains, and exits: 0 after a clean stop, 78 (EX_CONFIG) when the configuration is wrong, 1 when
    /// something else went wrong, 130 when a second signal cut the drain short.
    /// - Parameter facesStrangers: See ``Chassis``.
    public static func serve(
        _ name: String, facesStrangers: Bool = false,
        build: @escaping @Sendable (Chassis) async throws -> ServiceDefinition
    ) async -> Never {
        let startedAt = ContinuousClock.now
        Allocator.keepSmall()
        // A peer that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let settings = try Settings.load()
            let logs = try Logs(service: name, version: version, settings: LogSettings(settings))
            await serve(name, facesStrangers, settings, logs, startedAt, build)
        } catch {
            fail(name, error, status: EX_CONFIG)
        }
    }

    /// The health check of a container: asks the admin port that the same settings name.
    public static func checkHealth(_ name: String) async -> Never {
        do {
            let admin = try ListenSettings(try Settings.load()).localAdmin()
            let isReady = try await HealthCheck().passes(at: admin, "/readyz", within: .seconds(2))
            exit(isReady ? 0 : 1)
        } catch {
            fail(name, error, status: error is SettingsError ? EX_CONFIG : 1)
        }
    }

    private static func serve(
        _ name: String, _ facesStrangers: Bool, _ settings: Settings, _ logs: Logs,
        _ startedAt: ContinuousClock.Instant,
        _ build: @Sendable (Chassis) async throws -> ServiceDefinition
    ) async -> Never {
        let metrics = MetricsRegistry()
        LoggingSystem.bootstrap { _ in logs.handler() }
        MetricsSystem.bootstrap(RegistryMetricsFactory(metrics))
        ProcessMetrics.install(in: metrics, startedAt: SystemWallClock().now)
        let signals = ShutdownSignals { status in
            logs.writer.flush()
            _exit(status)
        }
        await signals.watch()
        do {
            try ParentWatch(settings).start { await signals.received() }
            let chassis = try Chassis(
                name: name, settings: settings, logger: logs.logger(name), metrics: metrics,
                facesStrangers: facesStrangers)
            if chassis.traces.isOn { InstrumentationSystem.bootstrap(ServiceTracer(chassis.traces)) }
            try FileAccess.makeDirectory(chassis.listen.dataDirectory)
            let definition = try await build(chassis)
            let runner = ServiceRunner(chassis: chassis, logs: logs, startedAt: startedAt)
            try await runner.run(definition) { signals.attach($0) }
            chassis.logger.info("stopped")
        } catch {
            logs.writer.flush()
            fail(name, error, status: error is SettingsError ? EX_CONFIG : 1)
        }
        logs.writer.flush()
        exit(0)
    }

    /// One line on standard error, then the end.
    private static func fail(_ name: String, _ error: any Error, status: Int32) -> Never {
        let line = "\(name): \(Redaction.clean("\(error)"))"
        let shown = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        DescriptorOutput(STDERR_FILENO).write(Array("\(shown)\n".utf8))
        exit(status)
    }
}
