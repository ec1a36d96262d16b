import Chassis
import Logging
import ServiceLifecycle
import Sockets
import Storage

/// What user-service has ended, and the work that keeps it up.
struct IdentityFeed: Sendable {
    let guardian: RevocationGuard
    let services: [any Service]

    /// Takes over what the process before this one knew, and goes on from there.
    ///
    /// - Throws: `DatabaseError`.
    static func open(_ chassis: Chassis, database: any Database, users: ServiceClient) async throws -> IdentityFeed {
        let store = RevocationStore(database: database)
        let known = try await store.load()
        let revocations = Revocations(RevocationList(known.revocations), monotonic: CoarseClock.milliseconds)
        let metrics = FeedMetrics(chassis.metrics)
        chassis.metrics.onCollect { metrics.measure(revocations) }
        chassis.health.register("identity-feed") { revocations.health }
        let follower = FeedFollower(
            feed: UserServiceFeed(users: users), store: store, revocations: revocations, position: known.position,
            metrics: metrics, clock: chassis.clock, logger: chassis.logger)
        let forgetting = PeriodicJob(name: "revocations", interval: .seconds(60), logger: chassis.logger) {
            [clock = chassis.clock] _ in
            try await store.forget(now: clock.now)
            revocations.update { $0.forget(now: clock.now) }
        }
        return IdentityFeed(
            guardian: RevocationGuard(revocations: revocations, metrics: metrics),
            services: [FeedFollowing(follower: follower), forgetting])
    }
}
