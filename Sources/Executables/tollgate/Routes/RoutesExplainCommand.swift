import ArgumentParser
import Foundation
import Gateway

/// `tollgate routes explain METHOD URL`: which route answers, and why not the others. Exit 1 when none does.
struct RoutesExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say which route answers a request, and why. Exit 1 when none does."
    )

    @Argument(help: "The method, such as GET.")
    var method: String

    @Argument(help: "A URL such as http://api.example.com/v1/users?limit=2, or its path alone.")
    var url: String

    @OptionGroup var source: RoutesSource

    @Option(
        help: ArgumentHelp("A header field of the request; may be repeated.", valueName: "Name: value"))
    var header: [String] = []

    func run() async throws {
        let inspector = try source.inspector()
        let explanation: RouteExplanation
        do {
            explanation = try inspector.explain(method: method, url: url, headers: header)
        } catch {
            throw ValidationError(error.description)
        }
        print(explanation)
        if !explanation.isFound { throw ExitCode(1) }
    }
}

/// Which configuration is looked at.
struct RoutesSource: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration; else $GATEWAY_CONFIG, else the built-in one.", valueName: "file"))
    var config: String?

    /// - Throws: ``Failure`` with everything that is wrong in the file.
    func inspector() throws -> RouteInspector {
        let environment = ProcessInfo.processInfo.environment
        do {
            return try RouteInspector(file: config ?? environment["GATEWAY_CONFIG"], environment: environment)
        } catch {
            throw Failure("\(error)")
        }
    }
}
