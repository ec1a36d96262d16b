import ArgumentParser
import JSON

/// `tollgate faults`: makes the services of a running system fail, where their fault lab is on.
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "Make services fail on purpose, and end it (FAULT_LAB=on).",
        subcommands: [FaultsListCommand.self, FaultsAddCommand.self, FaultsClearCommand.self]
    )
}

/// Whose faults, and what opens their admin ports.
struct FaultSource: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory of the running `tollgate up`.", valueName: "dir"))
    var data = ".tollgate"
    @Option(help: ArgumentHelp("The admin port of the service, where it is not one of `up`.", valueName: "url"))
    var url: String?
    @Option(help: ArgumentHelp("The file with the admin token, if not that of the data directory.", valueName: "file"))
    var tokenFile: String?

    /// A client of one service.
    func client(of service: String) throws -> FaultClient {
        try FaultClient(service: service, url: try url ?? address(of: service), token: token())
    }

    /// Clients of all services.
    func clients() throws -> [FaultClient] {
        if let url { return [try FaultClient(service: url, url: url, token: token())] }
        let found = try SystemAddresses(readingFrom: data).adminURLs
        return try found.keys.sorted().map { try client(of: $0) }
    }

    private func token() throws -> String { try AdminTokenFile.read(tokenFile ?? "\(data)/keys/admin/token") }

    private func address(of service: String) throws -> String {
        let found = try SystemAddresses(readingFrom: data).adminURLs
        guard let address = found[service] else {
            throw Failure("\(service) is none of \(found.keys.sorted().joined(separator: ", "))")
        }
        return address
    }
}

extension AsyncParsableCommand {
    /// Runs `body`; what fails is one line and status 1.
    func reporting(_ body: (Terminal) async throws -> Void) async throws {
        let terminal = Terminal()
        do { try await body(terminal) } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }
}
