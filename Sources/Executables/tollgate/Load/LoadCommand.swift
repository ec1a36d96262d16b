import ArgumentParser
import Foundation
import Sockets

/// `tollgate load`: a constant rate of sign-ups, logins, reads, payments and refunds, and what the system made of it.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract:
            "Send a mix of requests at a constant rate, measure, and look at the books. Exit 1 when a limit is crossed.",
        discussion: """
            The rate is kept whatever becomes of the requests before (open loop), and times count from when a request \
            was due. Start the system with RATE_LIMITS=off: one address sends everything. \
            docs/observability/load.md says more.
            """
    )

    @Option(help: "The gateway's URL.")
    var url = "http://127.0.0.1:8080"

    @Option(help: ArgumentHelp("Requests per second.", valueName: "number"))
    var rate = 50.0

    @Option(help: ArgumentHelp("For how long: 30s, 5m, 1h.", valueName: "time"))
    var duration = "30s"

    @Option(help: ArgumentHelp("People who pay each other.", valueName: "number"))
    var users = 20

    @Option(help: ArgumentHelp("Weights of the operations: read, pay, refund, login, sign-up.", valueName: "mix"))
    var mix = "read=60,pay=30,refund=6,login=3,sign-up=1"

    @Option(help: ArgumentHelp("How many requests may be under way.", valueName: "number"))
    var inFlight = 5_000

    @Option(help: ArgumentHelp("After how long a request has failed.", valueName: "time"))
    var timeout = "10s"

    @Option(help: ArgumentHelp("Repeats the choice of operations and people.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("The p99 that is still good, such as 50ms.", valueName: "time"))
    var maxP99: String?

    @Option(help: ArgumentHelp("The share of failures that is still good, such as 0.1%.", valueName: "share"))
    var maxErrors: String?

    @Option(help: ArgumentHelp("Write a report in HTML.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("The folder of `up`: every invariant is verified at the end.", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp("The admin port of payments-service: its trial balance is asked for.", valueName: "url"))
    var admin: String?

    @Option(help: ArgumentHelp("The admin token for it.", valueName: "file"))
    var tokenFile: String?

    func validate() throws {
        guard HTTPURL(url) != nil else { throw ValidationError("'\(url)' is not an http URL") }
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate must be above 0, and at most 100000") }
        guard (2...100_000).contains(users) else { throw ValidationError("--users must be 2 to 100000") }
        guard LoadMix(mix) != nil else { throw ValidationError("--mix must be like read=60,pay=30") }
        guard inFlight > 0 else { throw ValidationError("--in-flight must be above 0") }
        for time in [duration, timeout] where (LoadThresholds.seconds(time) ?? 0) <= 0 {
            throw ValidationError("'\(time)' is not a time such as 30s, 5m or 1h")
        }
        if let maxP99, LoadThresholds.milliseconds(maxP99) == nil {
            throw ValidationError("--max-p99 must be like 50ms or 1.5s")
        }
        if let maxErrors, LoadThresholds.share(maxErrors) == nil {
            throw ValidationError("--max-errors must be like 0.1%")
        }
        if admin != nil, tokenFile == nil { throw ValidationError("--admin needs --token-file") }
    }

    func run() async throws {
        let terminal = Terminal()
        do {
            guard try await LoadSession(self, terminal: terminal).run() else { throw ExitCode(1) }
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(2)
        }
    }
}
