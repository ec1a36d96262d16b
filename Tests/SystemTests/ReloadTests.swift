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
