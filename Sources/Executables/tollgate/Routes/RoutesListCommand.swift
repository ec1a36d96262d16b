import ArgumentParser
import Gateway

/// `tollgate routes list`: all routes in one table.
struct RoutesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all routes in a table.")

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case markdown
    }

    @OptionGroup var source: RoutesSource

    @Option(help: "How the table is written.")
    var format = Format.text

    func run() async throws {
        let inspector = try source.inspector()
        print(inspector.table(format == .markdown ? .markdown : .text), terminator: "")
    }
}
