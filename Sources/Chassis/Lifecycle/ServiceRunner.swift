import CoreMetrics
import HTTP
import Logging
import ServiceLifecycle
import Sockets

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
            startedAt: startedAt, adminAddress: adminAddress)
        // The group stops services in the opposite order, one after the other: first the listener.
        let group = ServiceGroup(
            services: [IdentityRefresher(identity: chassis.identity, logger: chassis.logger)] + definition.services
                + [listener],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        attach(group)
        let result: Result<Void, any Error>
        do { result = .success(try await group.run()) } catch { result = .failure(error) }
        await definition.onShutdown()
        await chassis.client.shutdown()
        monitor.stop()
        await admin.shutdown(grace: .milliseconds(100))
        try result.get()
    }

    private func makeServer(_ definition: ServiceDefinition) -> HTTPServer {
        let observer = ExchangeObserver(
            metrics: RequestMetrics(chassis.metrics),
            accessLog: logs.settings.accessLog ? AccessLog(logs) : nil)
        let server = HTTPServer(group: chassis.loops, observer: observer, handler: definition.handler)
        installGauges(server)
        return server
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
        return HTTPServer(group: chassis.loops, handler: router.handler)
    }

    private func installGauges(_ server: HTTPServer) {
        let metrics = chassis.metrics
        let active = metrics.gauge("http_server_active_requests", help: "Requests in flight.")
        let open = metrics.gauge("http_server_open_connections", help: "Open connections.")
        let accepted = metrics.floatingCounter(
            "http_server_accepted_connections_total", help: "Connections accepted.")
        let refused = metrics.floatingCounter(
            "http_server_refused_connections_total", help: "Connections refused because there were too many.")
        let dropped = metrics.floatingCounter(
            "tollgate_log_dropped_lines_total", help: "Access lines dropped because the log was slow.")
        let running = metrics.gauge("tollgate_blocking_running", help: "Pieces of work that block a thread now.")
        let waiting = metrics.gauge("tollgate_blocking_waiting", help: "Pieces of work that wait for a thread.")
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
