import ArgumentParser
import HTTPTypes

/// `tollgate faults clear`: ends faults before their time.
struct FaultsClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "End all faults, those of one service, or one.")

    @Argument(help: "The service; all of them when left out.")
    var service: String?
    @Option(help: ArgumentHelp("Only this one of the service.", valueName: "id"))
    var id: String?
    @OptionGroup var source: FaultSource

    func validate() throws {
        if id != nil, service == nil { throw ValidationError("--id wants the service too") }
        if let id, id.wholeMatch(of: /[a-z0-9_]+/) == nil { throw ValidationError("an id is one like flt_…") }
    }

    func run() async throws {
        try await reporting { terminal in
            guard let service else {
                var failures: [Failure] = []
                for client in try source.clients() {
                    do { _ = try await client.send(.delete) } catch let failure as Failure { failures.append(failure) }
                }
                for failure in failures { terminal.complain("tollgate: \(failure)") }
                if !failures.isEmpty { throw ExitCode(1) }
                return
            }
            _ = try await source.client(of: service).send(.delete, id.map { "/faults/\($0)" } ?? "/faults")
        }
    }
}
