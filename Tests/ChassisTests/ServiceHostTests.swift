import HTTP
import HTTPTypes
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Chassis

/// Two services and a front of them in this process.
@Suite struct ServiceHostTests {
    private static let back = SocketAddress.loopback(port: 8)

    /// A host whose front asks the service behind; the front's address is noted.
    private struct System {
        let host: ServiceHost
        let service: HostedService
        let front: HostedService
        let shutdowns: Order
    }

    /// Notes what happens in which order.
    private final class Order: Sendable {
        private let all = Mutex<[String]>([])
        var names: [String] { all.withLock { $0 } }
        func note(_ name: String) { all.withLock { $0.append(name) } }
    }

    private static func environment(_ port: Int, _ directory: TemporaryDirectory, _ name: String) -> [String: String] {
        [
            "PORT": "\(port)", "ADMIN_PORT": "0", "BIND_ADDRESS": "127.0.0.1", "EVENT_LOOPS": "2", "LOG_FORMAT": "json",
            "LOG_LEVEL": "critical", "ACCESS_LOG": "off", "DRAIN_DELAY_SECONDS": "0", "SHUTDOWN_GRACE_SECONDS": "10",
            "DATA_DIR": directory.file(name), "OWN": name,
        ]
    }

    private static func system(_ directory: TemporaryDirectory) async throws -> System {
        let order = Order()
        let host = try ServiceHost(
            environment: environment(0, directory, "front"), name: "front", addresses: [back])
        let service = try await HostedService("back", environment: environment(8, directory, "back"), host: host) {
            chassis in
            let own = chassis.settings.string("OWN", default: "")
            return ServiceDefinition(
                handler: { request in
                    .text("\(chassis.name) \(own) \(request.context.loop === EventLoop.current)")
                }, onShutdown: { order.note("back") })
        }
        let front = try await HostedService(
            "front", environment: environment(0, directory, "front"), host: host, facesStrangers: true
        ) { chassis in
            ServiceDefinition(
                handler: { request in
                    let outgoing = ClientRequest(forwarding: request, endpoint: Endpoint(host: "127.0.0.1", port: 8))
                    return try Response(forwarding: try await chassis.client.execute(outgoing))
                }, onShutdown: { order.note("front") })
        }
        return System(host: host, service: service, front: front, shutdowns: order)
    }

    @Test func eachServiceKeepsWhatIsItsOwn() async throws {
        let directory = try TemporaryDirectory()
        let system = try await Self.system(directory)
        #expect(system.front.chassis.loops === system.service.chassis.loops)
        #expect(system.front.chassis.metrics !== system.service.chassis.metrics)
        #expect(system.front.chassis.health !== system.service.chassis.health)
        #expect(system.service.chassis.databasePath == directory.file("back") + "/back.sqlite")
        #expect(system.service.chassis.environment?["OWN"] == "back")
        #expect(await !system.service.isReady)
        await system.host.network.group.shutdown()
    }

    @Test func servesAndStopsTheFrontFirst() async throws {
        let directory = try TemporaryDirectory()
        let system = try await Self.system(directory)
        let (endings, ending) = AsyncStream.makeStream(of: Void.self)
        let isReady = Atomic(false)
        let run = Task {
            try await system.host.serve([system.service], behind: system.front, until: endings, ending) {
                isReady.store(true, ordering: .relaxed)
            }
        }
        try await waitUntil("both are ready") { isReady.load(ordering: .relaxed) }
        #expect(await system.service.isReady)
        // The front's own client reaches the service behind; nobody else does.
        var request = ClientRequest(endpoint: Endpoint(host: "127.0.0.1", port: 8), target: "/x")
        request.timeout = .seconds(60)
        let answer = try await system.front.chassis.client.execute(request)
        #expect(try await answer.body.collect() == Array("back back true".utf8))
        #expect(
            String(decoding: system.service.chassis.metrics.exposition(), as: UTF8.self).contains(
                "http_server_request_duration_seconds_count"))
        ending.yield()
        try await run.value
        #expect(system.shutdowns.names == ["front", "back"])
        #expect(system.front.hasEnded)
        await system.host.network.group.shutdown()
    }

    @Test func endsWithTheServiceThatFails() async throws {
        let directory = try TemporaryDirectory()
        let system = try await Self.system(directory)
        // Somebody is there already: the service cannot start.
        let other = HTTPServer(group: system.host.network.group) { _ in .empty() }
        try other.start(in: system.host.network, at: Self.back)
        let (endings, ending) = AsyncStream.makeStream(of: Void.self)
        let isReady = Atomic(false)
        await #expect(throws: SocketError.self) {
            try await system.host.serve([system.service], behind: system.front, until: endings, ending) {
                isReady.store(true, ordering: .relaxed)
            }
        }
        let wasReady = isReady.load(ordering: .relaxed)
        #expect(!wasReady)
        #expect(Set(system.shutdowns.names) == ["front", "back"])
        await other.shutdown(grace: .zero)
        await system.host.network.group.shutdown()
    }
}
