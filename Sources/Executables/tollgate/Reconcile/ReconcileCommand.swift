import ArgumentParser
import Foundation
import PaymentsService

/// `tollgate reconcile`: the ledger beside the processor's books.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare deposits and withdrawals in the ledger with the processor's books.",
        discussion: """
            Lists what differs, one order a line, while the services run, or when they do not. Exit status 0: both say \
            the same; 1: they differ; 2: they could not be compared.
            """
    )

    @Option(
        help: ArgumentHelp("The folder of `up`, the DATA_DIR of payments-service, or a backup.", valueName: "dir"))
    var data = ".tollgate"

    @Option(
        help: ArgumentHelp("The processor's report, as CSV; the sandbox's own books without it.", valueName: "file"))
    var report: String?

    @Option(
        help: ArgumentHelp("For how long an order may be under way before it is a difference.", valueName: "seconds"))
    var grace = 300

    func validate() throws {
        guard (0...2_592_000).contains(grace) else { throw ValidationError("--grace must be from 0 to 2592000") }
    }

    func run() async throws {
        let terminal = Terminal()
        let found: Reconciliation
        do {
            found = try await Reconciliation.run(in: data, report: try readReport(), grace: Int64(grace) * 1_000)
        } catch {
            terminal.complain("tollgate: cannot reconcile \(data): \(error)")
            throw ExitCode(2)
        }
        for difference in found.differences { terminal.print(ReconciliationText.line(difference)) }
        terminal.print(ReconciliationText.summary(found))
        if !found.agrees { throw ExitCode(1) }
    }

    private func readReport() throws -> ReportFile? {
        guard let report else { return nil }
        guard let text = try? String(contentsOfFile: report, encoding: .utf8) else {
            throw Failure("cannot read \(report)")
        }
        return try ReportFile(text)
    }
}
