import HTTP
import Logging
import ServiceLifecycle
import Sockets

/// The service port as a service of the lifecycle: it starts last and stops first.
struct ListenerService: Service {
    let server: HTTPServer
    let listen: ListenSettings
    let health: HealthRegistry
    let logger: Logger
    let startedAt: ContinuousClock.Instant
    let adminAddress: SocketAddress
    var network: InProcessNetwork?

    func run() async throws {
        let address = try await start()
        health.startServing()
        logger.info(
            "ready",
            metadata: [
                "address": "\(address)", "admin_address": "\(adminAddress)",
                "start_ms": .stringConvertible((ContinuousClock.now - startedAt).wholeMilliseconds),
            ])
        try await gracefulShutdown()
        await drain()
    }

    /// Listens at the service port, or inside the process where its callers are there too.
    private func start() async throws -> String {
        if let network, let own = SocketAddress(ip: listen.host, port: listen.port), network.contains(own) {
            try server.start(in: network, at: own)
            return "\(own) in this process"
        }
        return "\(try await server.start(host: listen.host, port: listen.port))"
    }

    /// Readiness goes first; listeners accept until load balancers have noticed. Towards the end of the delay answers
    /// say `Connection: close`, so that clients move their kept connections without a failed request.
    private func drain() async {
        health.startDraining()
        logger.info("draining", metadata: ["delay": "\(listen.drainDelay)", "grace": "\(listen.grace)"])
        await pause(listen.drainDelay * 3 / 4)
        server.beginDrain()
        await pause(listen.drainDelay / 4)
        await server.shutdown(grace: listen.grace)
        logger.info("drained")
    }

    private func pause(_ duration: Duration) async {
        guard duration > .zero else { return }
        try? await Task.sleep(for: duration)
    }
}

extension Duration {
    /// Milliseconds, cut.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
