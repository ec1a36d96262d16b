import Foundation
import HTTPTypes
import TestSupport
import Testing

/// One of three servers behind the gateway dies, hangs and comes back, and nobody in front notices.
@Suite(.serialized) struct FleetTests {
    /// Reads and keyed writes, a few hundred in a second.
    private static func underLoad(
        _ fleet: Fleet, _ body: (Load) async throws -> Void
    ) async throws -> [String] {
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    try await load.run { step in
                        try await Task.sleep(for: .milliseconds(10))
                        if worker < 4 { return try await fleet.api.send(.get, "/read") }
                        return try await fleet.api.send(.post, "/pay", ["amount": 1], key: "\(worker)-\(step)")
                    }
                }
            }
            do {
                try await load.waitForAnswers(200)
                try await body(load)
                load.stop()
            } catch {
                load.stop()
                throw error
            }
            try await group.waitForAll()
        }
        return load.failures
    }

    @Test(.timeLimit(.minutes(3)))
    func aServerThatIsKilledCostsNoAnswer() async throws {
        let fleet = try await Fleet("outliers: { ejection: 500ms }")
        let failures = try await Self.underLoad(fleet) { load in
            fleet.signal(1, SIGKILL)
            try await waitUntil("it is left out", timeout: .seconds(20)) {
                try await fleet.gauge("gateway_upstream_ejected", of: 1) == 1
            }
            try await load.waitForAnswers(300)
            try await fleet.restart(1)
            try await waitUntil("it is used again", timeout: .seconds(30)) {
                try await fleet.gauge("gateway_upstream_fit", of: 1) == 1
            }
            try await load.waitForAnswers(300)
        }
        #expect(failures.isEmpty, "\(failures.prefix(3))")
        await fleet.stop()
    }

    /// Stopped by SIGSTOP a server still accepts connections, but answers nothing.
    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            "timeouts: { per_try: 3s, total: 15s }\n    outliers: { ejection: 2s }",
            "timeouts: { per_try: 3s, total: 15s }\n    health: { path: /livez }\n    outliers: { silence: 0ms }",
        ])
    func aServerThatHangsIsLeftOutSoonAndComesBack(configuration: String) async throws {
        let fleet = try await Fleet(configuration)
        let failures = try await Self.underLoad(fleet) { load in
            let clock = ContinuousClock()
            fleet.signal(2, SIGSTOP)
            let stopped = clock.now
            try await waitUntil("it is left out", timeout: .seconds(20)) {
                try await fleet.gauge("gateway_upstream_fit", of: 2) == 0
            }
            let time = clock.now - stopped
            #expect(time < .seconds(5), "left out after \(time)")
            try await load.waitForAnswers(200)
            fleet.signal(2, SIGCONT)
            try await waitUntil("it is used again", timeout: .seconds(30)) {
                try await fleet.gauge("gateway_upstream_fit", of: 2) == 1
            }
            try await load.waitForAnswers(200)
        }
        #expect(failures.isEmpty, "\(failures.prefix(3))")
        await fleet.stop()
    }
}
