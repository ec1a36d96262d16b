import ServiceLifecycle

/// Ends all faults as soon as the service begins to stop: its requests are to finish, and its database to close.
struct FaultService: Service {
    let lab: FaultLab

    func run() async throws {
        try await gracefulShutdown()
        lab.endAll(by: "shutdown")
    }
}
