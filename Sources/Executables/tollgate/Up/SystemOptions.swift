import ArgumentParser

/// Where a system on this machine keeps its data and listens, however many processes it is.
struct SystemOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of keys and databases, created where missing.", valueName: "dir"))
    var data = ".tollgate"

    @Option(help: ArgumentHelp("The gateway's port; the services take the next two, admin ports are 1000 above."))
    var port = 8080

    func validate() throws {
        guard (1...ServicePlan.maximumPort).contains(port) else {
            throw ValidationError("--port must be from 1 to \(ServicePlan.maximumPort), not \(port)")
        }
    }
}
