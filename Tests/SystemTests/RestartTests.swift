import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// A service that is stopped by SIGTERM under load and started again behind the gateway costs nobody an answer.
@Suite(.serialized) struct RestartTests {
    @Test(.timeLimit(.minutes(3)), arguments: ["payments-service", "user-service"])
    func safeAndKeyedRequestsOutliveARestart(of service: String) async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let load = Load()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await load.run { step in
                        try await ada.pay(1, from: one, to: two, key: "restart-\(worker)-\(step)")
                    }
                }
                group.addTask {
                    try await load.run { _ in try await system.api.send(.get, "/api/v1/users/me", token: ada.token) }
                }
                group.addTask {
                    try await load.run { _ in try await system.api.send(.get, "/api/v1/overview", token: ada.token) }
                }
            }
            try await load.waitForAnswers(100)
            #expect(await system.stop(service) == 0)
            try await system.start(service)
            try await load.waitForAnswers(200)
            load.stop()
            try await group.waitForAll()
        }
        let failures = load.failures
        #expect(failures.isEmpty, "\(failures.prefix(5))")
        await system.stopAll()
    }

    /// The gateway itself ends cleanly: what was under way is answered, the exit status is 0.
    @Test func gatewayDrains() async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await load.runUntilRefused {
                        try await system.api.send(.get, "/api/v1/users/me", token: ada.token)
                    }
                }
            }
            try await load.waitForAnswers(50)
            #expect(await system.stop("gateway") == 0)
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty)
        #expect(await system.stop("user-service") == 0)
        #expect(await system.stop("payments-service") == 0)
    }
}
