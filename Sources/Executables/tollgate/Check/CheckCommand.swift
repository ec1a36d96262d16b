import ArgumentParser
import Chassis

/// `tollgate check URL`: one GET, for scripts that wait for a service.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Exit 0 if URL answers with a 2xx status, 1 if not."
    )

    @Argument(help: "An http URL, such as http://127.0.0.1:9080/readyz.")
    var url: String

    @Option(help: ArgumentHelp("How long to wait for the answer.", valueName: "seconds"))
    var timeout = 2

    func validate() throws {
        guard HTTPURL(url) != nil else { throw ValidationError("'\(url)' is not an http URL") }
        guard (1...300).contains(timeout) else { throw ValidationError("--timeout must be from 1 to 300") }
    }

    func run() async throws {
        guard let url = HTTPURL(url),
            try await HealthCheck().passes(at: url.endpoint, url.target, within: .seconds(timeout))
        else { throw ExitCode(1) }
    }
}
