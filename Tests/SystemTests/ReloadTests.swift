import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// The gateway takes over a changed configuration while it serves.
@Suite(.serialized) struct ReloadTests {
    /// A file that is mounted as Kubernetes mounts a ConfigMap: `gateway.yaml` leads through the symbolic link `..data`,
    /// which is replaced by another one.
    private struct MountedFile {
        let directory: String

        var path: String { "\(directory)/gateway.yaml" }

        init(in parent: String, _ text: String) throws {
            directory = "\(parent)/mounted"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try write(text)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "..data/gateway.yaml")
        }

        func write(_ text: String) throws {
            let version = "..\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(version)", withIntermediateDirectories: true)
            try text.write(toFile: "\(directory)/\(version)/gateway.yaml", atomically: false, encoding: .utf8)
            let link = "\(directory)/..data_tmp"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: version)
            guard rename(link, "\(directory)/..data") == 0 else { throw SystemFailure("rename: \(errno)") }
        }
    }

    private let original = try! String(contentsOfFile: "\(Programs.root)/config/gateway.yaml", encoding: .utf8)

    /// The default configuration and a thousand more routes; `label` makes each text another one.
    private func text(_ label: String) -> String {
        let more = (0..<1_000).map {
            "  - { name: more-\($0), path: \"/more/\(label)/\($0)/{id}\", upstream: user-service, auth: public }"
        }
        return original.replacing("\nroutes:\n", with: "\nroutes:\n" + more.joined(separator: "\n") + "\n")
    }

    private func digest(_ admin: APIClient) async throws -> String {
        let answer = try await admin.send(.get, "/config")
        return answer.body["digest"]?.string ?? ""
    }

    private func running(_ text: String) async throws -> (DirectSystem, MountedFile, APIClient) {
        let directory = try TemporaryDirectory()
        let file = try MountedFile(in: directory.path, text)
        let system = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "GATEWAY_CONFIG": file.path], keeping: directory)
        let admin = APIClient(port: system.port + 1_000)
        return (system, file, admin)
    }

    @Test(.timeLimit(.minutes(5))) func swapsUnderLoadFailNothing() async throws {
        let (system, file, admin) = try await running(text("v0"))
        let ada = try await Person(system.api)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await load.run { _ in try await system.api.send(.get, "/api/v1/users/me", token: ada.token) }
                }
            }
            try await load.waitForAnswers(50)
            for version in 1...5 {
                let before = try await digest(admin)
                try file.write(text("v\(version)"))
                try await waitUntil("version \(version) serves", timeout: .seconds(60)) {
                    try await digest(admin) != before
                }
                #expect(try await system.api.send(.get, "/more/v\(version - 1)/1/x").status == 404)
                #expect(try await system.api.send(.get, "/more/v\(version)/1/x").code == "not_found")
            }
            load.stop()
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.prefix(3))")
        let metrics = try await admin.send(.get, "/metrics").text
        #expect(metrics.contains(#"gateway_config_reloads_total{result="ok"} 5"#))
        await system.stopAll()
    }

    /// A file of which every part is another one than in the version before: routes, upstreams, issuer, projection.
    private func version(_ number: Int) -> String {
        original.replacing(
            "\nroutes:\n",
            with: "\nroutes:\n  - { name: version, path: /version/\(number), upstream: user-service, auth: public }\n"
        )
        .replacing("per_try: 10s", with: "per_try: \(10_000 + number)ms")
        .replacing("clock_skew: 60s", with: "clock_skew: \(30 + number % 30)s")
        .replacing("keys: 100000", with: "keys: \(100_000 + number)")
    }

    /// Many a second, each of another file, under safe and keyed requests.
    @Test(.timeLimit(.minutes(5))) func reloadsInARowFailNothingAndLeaveNothingBehind() async throws {
        let reloads = 40
        let (system, file, admin) = try await running(version(0))
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let load = Load()
        var before: Exposition?
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    try await load.run { try await ada.pay(1, from: one, to: two, key: "reload-\(worker)-\($0)") }
                }
            }
            for path in ["/api/v1/users/me", "/api/v1/overview", "/api/v1/payments?limit=5"] {
                group.addTask { try await load.run { _ in try await system.api.send(.get, path, token: ada.token) } }
            }
            do {
                try await load.waitForAnswers(200)
                before = try await Exposition(admin)
                for number in 1...reloads {
                    let served = try await digest(admin)
                    try file.write(version(number))
                    system.signal("gateway", SIGHUP)
                    try await waitUntil("version \(number) serves", timeout: .seconds(60)) {
                        try await digest(admin) != served
                    }
                    try await load.waitForAnswers(10)
                }
            } catch {
                load.stop()
                throw error
            }
            load.stop()
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        let payments = try await ada.payments()
        #expect(try await ada.posted(two) == Int64(payments.count), "each key has paid once")
        try await waitUntil("only the last configuration is left", timeout: .seconds(60)) {
            try await Exposition(admin).sum(of: "gateway_configurations") == 1
        }
        let (first, last) = (try #require(before), try await Exposition(admin))
        #expect(last.sum(of: "gateway_config_reloads_total") >= reloads)
        #expect(last.text.contains("gateway_config_last_reload_successful 1"))
        // If each reload left one behind, there would be forty more.
        for metric in ["process_open_fds", "http_client_connections"] {
            let (held, left) = (first.sum(of: metric), last.sum(of: metric))
            #expect(left > 0 && left < held + reloads / 2, "\(metric): \(held), then \(left)")
        }
        await system.stopAll()
    }

    @Test(.timeLimit(.minutes(3))) func aWrongFileChangesNothing() async throws {
        let (system, file, admin) = try await running(original)
        let before = try await digest(admin)
        try file.write(original.replacing("upstream: user-service", with: "upstream: nobody"))
        try await waitUntil("the failure is told", timeout: .seconds(60)) {
            try await admin.send(.get, "/metrics").text.contains("gateway_config_last_reload_successful 0")
        }
        #expect(try await digest(admin) == before)
        #expect(try await system.api.send(.get, "/.well-known/jwks.json").status == 200)
        #expect(system.output("gateway").contains(#"unknown upstream"#))

        // SIGHUP does not wait for the next look.
        try file.write(original + "# better\n")
        system.signal("gateway", SIGHUP)
        try await waitUntil("the better file serves", timeout: .seconds(60)) { try await digest(admin) != before }
        #expect(try await admin.send(.get, "/metrics").text.contains("gateway_config_last_reload_successful 1"))
        await system.stopAll()
    }
}
