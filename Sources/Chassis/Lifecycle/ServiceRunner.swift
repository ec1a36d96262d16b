import CoreMetrics
import HTTP
import Logging
import ServiceLifecycle
import Sockets
import Spans

/// One run of a service, from its chassis to the end of its drain. `ServiceMain` adds what only a process has: the
/// environment, signals and the exit.
struct ServiceRunner {
    let chassis: Chassis
    let logs: Logs
    let startedAt: ContinuousClock.Instant

    /// Starts the admin port and the service, and serves until the group is told to stop.
    /// - Parameter attach: is given the group before it runs.
    func run(_ definition: ServiceDefinition, attach: (ServiceGroup) -> Void) async throws {
        let monitor = LoopMonitor(chassis.loops, metrics: chassis.metrics)
        let server = makeServer(definition)
        let admin = makeAdmin(definition, monitor, server)
        let adminAddress = try await admin.start(host: chassis.listen.host, port: chassis.listen.adminPort)
        let listener = ListenerService(
            server: server, listen: chassis.listen, health: chassis.health, logger: chassis.logger,
            startedAt: startedAt, adminAddress: adminAddress, network: chassis.network)
        // The group stops services in the opposite order, one after the other: first the listener.
        let group = ServiceGroup(
            services: [
                IdentityRefresher(identity: chassis.identity, logger: chassis.logger),
                PoolWatch(client: chassis.client, metrics: PoolMetrics(chassis.metrics)),
                MemoryTrim(server: server, blocking: chassis.blocking),
            ] + definition.services + [listener] + (chassis.faults.map { [FaultService(lab: $0)] } ?? []),
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        attach(group)
        chassis.traces.start()
        let result: Result<Void, any Error>
        do { result = .success(try await group.run()) } catch { result = .failure(error) }
        await definition.onShutdown()
        await chassis.traces.stop()
        await chassis.client.shutdown()
        monitor.stop()
        await admin.shutdown(grace: .milliseconds(100))
        try result.get()
    }

    private func makeServer(_ definition: ServiceDefinition) -> HTTPServer {
        let observer = ExchangeObserver(
            metrics: RequestMetrics(chassis.metrics),
            accessLog: logs.settings.accessLog ? AccessLog(logs, slow: chassis.traces.settings.slow) : nil,
            traces: chassis.traces.isOn ? chassis.traces : nil)
        let server = HTTPServer(group: chassis.loops, observer: observer, handler: handler(definition))
        installGauges(server)
        return server
    }

    private func handler(_ definition: ServiceDefinition) -> Handler {
        let handler =
            chassis.faults?.around(definition.handler, template: definition.template) ?? definition.handler
        guard chassis.traces.isOn, definition.bindsSpans else { return handler }
        return { request in
            guard let record = request.context.trace else { return try await handler(request) }
            return try await ActiveSpan.$current.withValue(ActiveSpan(record)) { try await handler(request) }
        }
    }

    private func makeAdmin(
        _ definition: ServiceDefinition, _ monitor: LoopMonitor, _ server: HTTPServer
    ) -> HTTPServer {
        var router = Router()
        AdminRoutes(
            name: chassis.name, version: chassis.version, health: chassis.health, metrics: chassis.metrics,
            stuckLoops: { monitor.stuckLoops() }
        ).add(to: &router)
        definition.adminRoutes(&router)
        OperatorRoutes(
            guardian: chassis.adminToken, threshold: logs.threshold, health: chassis.health, logger: chassis.logger,
            beginDrain: { server.beginDrain() }
        ).add(to: &router)
        FaultRoutes(chassis).installForOperators(in: &router)
        TraceRoutes(traces: chassis.traces, guardian: chassis.adminToken).add(to: &router)
        return HTTPServer(group: chassis.loops, handler: router.handler)
    }

    private func installGauges(_ server: HTTPServer) {
        let metrics = chassis.metrics
        let active = metrics.gauge(ChassisMetricSet.declared.activeRequests)
        let open = metrics.gauge(ChassisMetricSet.declared.openConnections)
        let accepted = metrics.readCounter(
            ChassisMetricSet.declared.acceptedConnections)
        let refused = metrics.readCounter(
            ChassisMetricSet.declared.refusedConnections)
        let dropped = metrics.readCounter(
            ChassisMetricSet.declared.logDroppedLines)
        let running = metrics.gauge(ChassisMetricSet.declared.blockingRunning)
        let waiting = metrics.gauge(ChassisMetricSet.declared.blockingWaiting)
        ServiceMetrics.install(in: metrics, chassis)
        let (writer, blocking) = (logs.writer, chassis.blocking)
        metrics.onCollect {
            active.set(server.activeRequests)
            open.set(server.activeConnections)
            accepted.set(server.acceptedConnections)
            refused.set(server.refusedConnections)
            dropped.set(Double(writer.droppedLines))
            running.set(blocking.load.running)
            waiting.set(blocking.load.waiting)
        }
    }
}
