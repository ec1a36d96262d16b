import ArgumentParser
import HTTPTypes
import JSON

/// `tollgate faults add payments-service latency --milliseconds 300`: begins a fault.
struct FaultsAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Begin a fault, which ends by itself.",
        discussion: """
            Kinds: latency, error, drop, memory_growth, crash, clock_skew of every service; slow_downstream and full_queue \
            of the gateway; blocked_database and full_queue of the others. Which options a kind takes is in \
            docs/observability/fault-lab.md.
            """
    )

    @Argument(help: "The service: gateway, user-service or payments-service.")
    var service: String
    @Argument(help: "The kind, such as latency.")
    var kind: String
    @Option(
        help: ArgumentHelp("Only this route, such as /v1/payments, or all that begin so: /v1/*.", valueName: "route"))
    var route: String?
    @Option(help: ArgumentHelp("Of so many requests in a hundred.", valueName: "1–100"))
    var percentage: Int?
    @Option(name: .customLong("for"), help: ArgumentHelp("For how long, 600 at most.", valueName: "seconds"))
    var duration: Int?
    @Option(help: "Of latency and slow_downstream: how much longer.")
    var milliseconds: Int?
    @Option(help: ArgumentHelp("Of the same: by chance as much longer again.", valueName: "milliseconds"))
    var jitter: Int?
    @Option(help: "Of error: 500 to 599.")
    var status: Int?
    @Option(help: ArgumentHelp("Of drop.", valueName: "before|middle|after"))
    var at: String?
    @Option(help: ArgumentHelp("Of slow_downstream: which.", valueName: "name"))
    var upstream: String?
    @Option(help: ArgumentHelp("Of slow_downstream: as fast as that at most.", valueName: "bytes"))
    var bytesPerSecond: Int?
    @Option(help: ArgumentHelp("Of memory_growth.", valueName: "MiB"))
    var mebibytesPerSecond: Int?
    @Option(help: ArgumentHelp("Of memory_growth: no more than that.", valueName: "MiB"))
    var ceilingMebibytes: Int?
    @Option(help: "Of clock_skew: how far ahead; --seconds=-60 for behind.")
    var seconds: Int?
    @OptionGroup var source: FaultSource

    func run() async throws {
        try await reporting { terminal in
            let fault = try await source.client(of: service).send(.post, body: document)
            terminal.print(FaultsListCommand.text(fault, of: service))
        }
    }

    /// What the service is asked for: only what was given, so that it says what a kind does not have.
    var document: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("kind", kind)
        for (name, text) in [("route", route), ("at", at), ("upstream", upstream)] {
            if let text { json.member(name, text) }
        }
        for (name, number) in [
            ("percentage", percentage), ("for", duration), ("milliseconds", milliseconds), ("jitter", jitter),
            ("status", status), ("bytes_per_second", bytesPerSecond), ("mebibytes_per_second", mebibytesPerSecond),
            ("ceiling_mebibytes", ceilingMebibytes), ("seconds", seconds),
        ] {
            if let number { json.member(name, number) }
        }
        json.endObject()
        return json.bytes
    }
}
