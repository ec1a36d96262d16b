import ArgumentParser
import Chassis

/// The tool that people hold: starts the system, walks through it, makes its keys, checks its health.
@main
struct Tollgate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tollgate",
        abstract: "Run and exercise the Tollgate microservices reference application.",
        version: "tollgate \(ServiceMain.version)",
        subcommands: [
            UpCommand.self, MonoCommand.self, DemoCommand.self, CheckCommand.self, KeysCommand.self, RoutesCommand.self,
            BackupCommand.self, VerifyCommand.self, ReconcileCommand.self, AdminCommand.self, MailCommand.self,
            MetricsCommand.self, LoadCommand.self, TopCommand.self, TraceCommand.self, TracesCommand.self,
            FaultsCommand.self,
        ]
    )
}
