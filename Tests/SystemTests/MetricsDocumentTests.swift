import Foundation
import HTTPTypes
import TestSupport
import Testing

/// docs/metrics.md names what the running services expose, and nothing else.
@Suite struct MetricsDocumentTests {
    /// The names in the first column of the table under each heading.
    private func documented() throws -> [String: Set<String>] {
        let sections = try Document("docs/metrics.md").text.split(separator: "\n## ").dropFirst()
        let pairs = sections.map { section in
            let lines = section.split(separator: "\n")
            let names = lines.dropFirst().compactMap { $0.firstMatch(of: #/^\| `([a-z_]+)`/#)?.1 }
            return (String(lines[0]), Set(names.map(String.init)))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private func exposed(at port: Int) async throws -> Set<String> {
        let text = try await APIClient(port: port).send(.get, "/metrics").text
        return Set(text.matches(of: #/(?m)^# TYPE (\S+) /#).map { String($0.1) })
    }

    @Test func thePageAndTheServicesAgree() async throws {
        let system = try await RunningSystem(environment: ["FAULT_LAB": "on"])
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        try await ada.deposit(100, to: account)
        _ = try await ada.pay(1, from: account, to: account, key: "same")
        _ = try await system.api.send(.get, "/api/v1/overview", token: ada.token)

        let tables = try documented()
        let everywhere = try #require(tables["Every service"])
        let storage = try #require(tables["Services with a database"])
        for (name, offset) in [("user-service", 1), ("payments-service", 2)] {
            let names = everywhere.union(storage).union(try #require(tables[name]))
            // Of addresses that were called: user-service may have called nobody yet.
            let exposed = try await exposed(at: system.port + 1_000 + offset)
                .union(["http_client_connections", "http_client_waiting"])
            #expect(exposed.subtracting(names).isEmpty, "\(name): not in docs/metrics.md")
            #expect(names.subtracting(exposed).isEmpty, "\(name): in docs/metrics.md, and not exposed")
        }

        // The rest waits for its first event; a test of the gateway has them all.
        let gateway = try #require(tables["gateway"])
        let exposed = try await exposed(at: system.port + 1_000)
        #expect(exposed.subtracting(everywhere.union(gateway)).isEmpty, "gateway: not in docs/metrics.md")
        #expect(everywhere.subtracting(exposed).isSubset(of: ["http_client_connections", "http_client_waiting"]))
        #expect(exposed.intersection(gateway).count > gateway.count / 2)
        #expect(await system.stop() == 0)
    }
}
