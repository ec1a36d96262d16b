import ArgumentParser

/// `tollgate routes`: what a gateway configuration does with requests, without a gateway.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "Look at the routes of a gateway configuration.",
        subcommands: [RoutesExplainCommand.self, RoutesListCommand.self]
    )
}
