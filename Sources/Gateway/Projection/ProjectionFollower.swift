import ServiceLifecycle

/// Keeps the projection of the gateway that serves up to date, as long as the process runs.
struct ProjectionFollower: Service {
    /// The projection of now: a reload may bring another one.
    let projection: @Sendable () -> IdentityProjection?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if let projection = projection() {
                    await projection.follow()
                } else {
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
        // The last requests are over; their uses would be lost otherwise.
        guard let projection = projection() else { return }
        await Task { await projection.reportUses() }.value
    }
}
