import ArgumentParser
import Foundation
import JSON
import PaymentsService

/// `tollgate verify`: the proof of the books, on a running system or on a copy.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Compute every balance anew and check every invariant of the databases. Exit 1 when one does not hold.",
        discussion: """
            Works on the databases of a running system, of a stopped one and of a backup, each on one snapshot, and \
            changes nothing. What the invariants mean is in docs/ledger.md. Exit 2 when there is nothing that can be read.
            """
    )

    @Option(help: ArgumentHelp("The folder of `up`, of one service, or a backup.", valueName: "dir"))
    var data = ".tollgate"

    @Option(help: ArgumentHelp("How many rows to list of an invariant that does not hold.", valueName: "rows"))
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000") }
    }

    func run() async throws {
        let terminal = Terminal()
        let reports: [VerifyReport]
        do {
            reports = try await VerifyReport.all(in: data, limit: limit)
        } catch {
            terminal.complain("tollgate: \(error)")
            throw ExitCode(2)
        }
        for line in json ? [VerifyReport.json(reports)] : VerifyReport.text(reports) { terminal.print(line) }
        if !reports.allSatisfy(\.verification.isClean) { throw ExitCode(1) }
    }
}
