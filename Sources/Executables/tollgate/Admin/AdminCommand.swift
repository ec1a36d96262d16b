import ArgumentParser

/// `tollgate admin`: what is done from the machine that runs the system, before anybody can log in.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Manage admins of a running system.",
        subcommands: [AdminCreateCommand.self]
    )
}
