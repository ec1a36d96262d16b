import CoreMetrics
public import HTTP
import Logging
public import Sockets
import Tracing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the services of one process share: the loops, the addresses among them, the writer of log lines, and the process
/// with its signals.
public final class ServiceHost: Sendable {
    /// Where the services call each other without a socket.
    public let network: InProcessNetwork
    let writer: LogWriter
    /// The metrics of the service that strangers reach; what libraries count belongs to it too.
    let metrics = MetricsRegistry()
    let startedAt = ContinuousClock.now
    private let logs: Logs

    /// - Parameters:
    ///   - environment: Where the number of loops and the log's settings are read from.
    ///   - addresses: Those of services that are reached in the process alone.
    /// - Throws: `SettingsError`, or `SocketError` when descriptors run out.
    public init(environment: [String: String], name: String, addresses: [SocketAddress]) throws {
        let settings = try Settings.load(environment)
        let listen = try ListenSettings(settings)
        let logSettings = try LogSettings(settings)
        writer = LogWriter(outputs: try Logs.outputs(logSettings))
        logs = Logs(service: name, version: ServiceMain.version, settings: logSettings, writer: writer)
        let loops = try EventLoopGroup(count: listen.loops, readiness: listen.readiness)
        network = InProcessNetwork(group: loops, addresses: addresses)
    }

    /// Does what a process does once, before its first service is built.
    public func bootstrap() {
        Allocator.keepSmall()
        // A peer that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let logs = logs
        LoggingSystem.bootstrap { _ in logs.handler() }
        MetricsSystem.bootstrap(RegistryMetricsFactory(metrics))
    }

    /// Runs the services until SIGTERM or SIGINT, or until one of them fails: they start in their order before the one in
    /// front, which stops before them, so that no request finds it with nothing behind. A second signal ends the process
    /// at once, with status 130.
    /// - Parameter onReady: is called once when all of them serve.
    /// - Throws: what a service failed with.
    public func serve(
        _ services: [HostedService], behind front: HostedService, onReady: () -> Void
    ) async throws {
        defer { writer.flush() }
        if front.chassis.traces.isOn { InstrumentationSystem.bootstrap(ServiceTracer(front.chassis.traces)) }
        let (endings, ending) = AsyncStream.makeStream(of: Void.self)
        let signals = ShutdownSignals { [writer] status in
            writer.flush()
            _exit(status)
        }
        await signals.watch()
        try await serve(services, behind: front, until: endings, ending) {
            signals.attach { ending.yield() }
            onReady()
        }
    }

    /// ``serve(_:behind:onReady:)`` until `endings` has an element; what ends by itself adds one by `ending`.
    func serve(
        _ services: [HostedService], behind front: HostedService, until endings: AsyncStream<Void>,
        _ ending: AsyncStream<Void>.Continuation, onReady: () -> Void
    ) async throws {
        var runs: [Task<Void, any Error>] = []
        // One after the other: what a service calls as soon as it starts is there then.
        for service in services {
            runs.append(Self.start(service, ending))
            await Self.waitUntilReady(service)
        }
        let frontRun = Self.start(front, ending)
        await Self.waitUntilReady(front)
        if !(services + [front]).contains(where: \.hasEnded) { onReady() }
        for await _ in endings { break }
        await front.stop()
        let frontEnd = await frontRun.result
        for service in services { await service.stop() }
        var ends = [frontEnd]
        for run in runs { ends.append(await run.result) }
        for end in ends { try end.get() }
    }

    private static func start(
        _ service: HostedService, _ ending: AsyncStream<Void>.Continuation
    ) -> Task<Void, any Error> {
        Task {
            defer { ending.yield() }
            try await service.run()
        }
    }

    private static func waitUntilReady(_ service: HostedService) async {
        while await !service.isReady, !service.hasEnded { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
