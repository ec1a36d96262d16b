import Foundation
import HTTPTypes
import Synchronization
import TestSupport

/// A gateway in front of servers that answer 200 to everything, each a process of its own.
final class Fleet: Sendable {
    let port: Int
    private let admin: Int
    private let directory: TemporaryDirectory
    private let servers: Mutex<[RunningProgram]>
    private let ports: [Int]
    private let environment: [String: String]
    private let gateway: RunningProgram

    var api: APIClient { APIClient(port: port) }

    /// - Parameters:
    ///   - upstream: Lines of the upstream's configuration, beside its endpoints.
    ///   - servers: How many.
    ///   - environment: What each of them is started with.
    ///   - routes: The entries of the configuration's list; the upstream is `fleet`.
    init(
        _ upstream: String, servers count: Int = 3, environment: [String: String] = [:],
        routes: [String] = Fleet.routes
    ) async throws {
        directory = try TemporaryDirectory()
        self.environment = environment
        var started: [(RunningProgram, Int)] = []
        for _ in 0..<count { started.append(try await Self.server(port: 0, environment)) }
        ports = started.map(\.1)
        servers = Mutex(started.map(\.0))
        let file = directory.file("gateway.yaml")
        try Self.configuration(ports, upstream, routes).write(toFile: file, atomically: true, encoding: .utf8)
        gateway = RunningProgram(
            "\(Programs.folder)/gateway", [],
            environment: [
                "GATEWAY_CONFIG": file, "BIND_ADDRESS": "127.0.0.1", "PORT": "0", "ADMIN_PORT": "0",
                "LOG_FORMAT": "json", "ACCESS_LOG": "false", "DATA_DIR": directory.path,
            ])
        let (api, admin) = try await gateway.gatewayPorts()
        (port, self.admin) = (api.port, admin.port)
    }

    /// Ends everything.
    func stop() async {
        gateway.send(SIGKILL)
        for server in servers.withLock({ $0 }) {
            server.send(SIGCONT)
            server.send(SIGKILL)
        }
        _ = await gateway.exitStatus()
    }

    deinit {
        gateway.send(SIGKILL)
        for server in servers.withLock({ $0 }) { server.send(SIGKILL) }
    }

    // MARK: - Servers

    /// Sends a signal to one of the servers.
    func signal(_ index: Int, _ signal: Int32) { servers.withLock { $0[index] }.send(signal) }

    /// Starts a server that was killed again, where it was.
    func restart(_ index: Int) async throws {
        let (server, _) = try await Self.server(port: ports[index], environment)
        servers.withLock { $0[index] = server }
    }

    private static func server(
        port: Int, _ environment: [String: String]
    ) async throws -> (RunningProgram, Int) {
        let server = RunningProgram(
            "\(Programs.folder)/bench-server", [], environment: environment.merging(["PORT": "\(port)"]) { $1 })
        try await waitUntil("a server listens", timeout: .seconds(30)) {
            server.output.contains("listening at") || server.hasEnded
        }
        guard let text = server.output.split(separator: ":").last, let found = Int(text.prefix { $0.isNumber }) else {
            throw SystemFailure("the server did not start: \(server.output)")
        }
        return (server, found)
    }

    // MARK: - Gateway

    /// Reads, and writes that may be repeated.
    static let routes = [
        "{ name: read, path: /read, methods: [GET], upstream: fleet, auth: public }",
        "{ name: pay, path: /pay, methods: [POST], upstream: fleet, auth: public, idempotency: key }",
    ]

    private static func configuration(_ ports: [Int], _ upstream: String, _ routes: [String]) -> String {
        let endpoints = ports.map { "{ url: \"http://127.0.0.1:\($0)\" }" }.joined(separator: ", ")
        return """
            upstreams:
              fleet:
                audience: none
                endpoints: [\(endpoints)]
                \(upstream)
            routes:
              - \(routes.joined(separator: "\n  - "))
            """
    }

    // MARK: - What the gateway says

    /// The value of a gauge about one of the servers.
    func gauge(_ name: String, of index: Int) async throws -> Double? {
        let answer = try await APIClient(port: admin).send(.get, "/metrics")
        let text = String(decoding: answer.bytes, as: UTF8.self)
        let line = text.split(separator: "\n").first {
            $0.hasPrefix("\(name){") && $0.contains("address=\"127.0.0.1:\(ports[index])\"")
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }
}

extension RunningProgram {
    /// The two ports of a gateway that was started at ports of the system's choice, as soon as it is ready.
    func gatewayPorts() async throws -> (api: APIClient, admin: APIClient) {
        try await waitUntil("the gateway is ready", timeout: .seconds(60)) {
            output.contains("admin_address") || hasEnded
        }
        let line = lines.first { $0.contains("admin_address") } ?? ""
        guard let port = Self.port(after: "\"address\":\"", in: line),
            let admin = Self.port(after: "\"admin_address\":\"", in: line)
        else { throw SystemFailure("the gateway did not start: \(output)") }
        return (APIClient(port: port), APIClient(port: admin))
    }

    private static func port(after marker: String, in line: String) -> Int? {
        guard let start = line.firstRange(of: marker)?.upperBound else { return nil }
        return line[start...].prefix { $0 != "\"" }.split(separator: ":").last.flatMap { Int($0) }
    }
}
