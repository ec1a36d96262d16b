import ArgumentParser

/// `tollgate keys`: what the services prove to each other who they are with.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make the services' keys.", subcommands: [KeysInitCommand.self]
    )
}
