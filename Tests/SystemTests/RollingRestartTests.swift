import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// Every process in turn is stopped and started again, as a deployment does it, and nobody notices.
@Suite(.serialized) struct RollingRestartTests {
    /// What stands before two gateways: it asks the other one when the first gives no answer at all. A payment may be
    /// asked for twice because it has a key.
    private struct Balancer: Sendable {
        let gateways: [APIClient]

        func send(
            _ step: Int, _ request: @Sendable (APIClient) async throws -> APIClient.Answer
        ) async throws -> APIClient.Answer {
            do {
                return try await request(gateways[step % gateways.count])
            } catch {
                return try await request(gateways[(step + 1) % gateways.count])
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func everythingIsRestartedUnderLoad() async throws {
        let system = try await DirectSystem()
        let replica = try await system.startReplica()
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let balancer = Balancer(gateways: [system.api, replica])
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    try await load.run { step in
                        try await balancer.send(step) {
                            try await ada.pay(1, from: one, to: two, key: "rolling-\(worker)-\(step)", through: $0)
                        }
                    }
                }
                for path in ["/api/v1/users/me", "/api/v1/overview", "/api/v1/payments?limit=5"] {
                    group.addTask {
                        try await load.run { step in
                            try await balancer.send(step) { try await $0.send(.get, path, token: ada.token) }
                        }
                    }
                }
            }
            do {
                try await load.waitForAnswers(100)
                for name in ["user-service", "payments-service", "gateway", "replica"] {
                    #expect(await system.stop(name) == 0, "\(name)")
                    try await load.waitForAnswers(name.hasSuffix("service") ? 0 : 50)
                    if name == "replica" {
                        _ = try await system.startReplica()
                    } else {
                        try await system.start(name)
                    }
                    try await load.waitForAnswers(100)
                }
                load.stop()
            } catch {
                load.stop()
                throw error
            }
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        // Each key has paid once, whichever way its request took.
        let payments = try await ada.payments()
        #expect(Set(payments.compactMap { $0["description"]?.string }).count == payments.count)
        #expect(try await ada.posted(two) == Int64(payments.count))
        await system.stopAll()
    }
}
