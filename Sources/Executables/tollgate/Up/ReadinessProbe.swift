import Chassis
import Sockets

/// Asks a service's admin port whether it is ready.
struct ReadinessProbe: Sendable {
    let check: HealthCheck

    /// Asks until `/readyz` answers 200.
    ///
    /// - Parameter expectAlive: Called between two questions; throws when there is nothing left to wait for.
    /// - Throws: ``Failure`` when that has not happened within `timeout`; `CancellationError` when cancelled.
    func wait(for plan: ServicePlan, timeout: Duration, expectAlive: () async throws -> Void) async throws {
        let admin = Endpoint(host: "127.0.0.1", port: plan.adminPort)
        let start = ContinuousClock.now
        while await !check.passes(at: admin, "/readyz", within: .seconds(1)) {
            try Task.checkCancellation()
            try await expectAlive()
            guard ContinuousClock.now - start < timeout else {
                throw Failure("\(plan.name) was not ready within \(timeout.components.seconds) s")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
