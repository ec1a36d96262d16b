import ArgumentParser
import Foundation

/// `tollgate backup`: a copy of a data directory that `up --data` can start from, made while the services go on.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy databases and keys while the services run, or when they do not.",
        discussion: """
            Each database is copied as one consistent snapshot and looked through; keys are copied as they are. The \
            copy is private to its owner, and gets its name only when it is whole. It holds private keys.
            """
    )

    @Option(help: ArgumentHelp("The folder to copy: that of `up`, or the DATA_DIR of one service.", valueName: "dir"))
    var data = ".tollgate"

    @Option(help: ArgumentHelp("The folder to make.", valueName: "dir"))
    var to: String

    func run() async throws {
        let terminal = Terminal()
        do {
            let copies = try await DataCopy(of: data, to: to).run()
            for copy in copies where copy.isDatabase { terminal.print("\(copy.path)  \(copy.bytes) bytes, checked") }
            terminal.print("\(copies.count) files are in \(to)")
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }
}
