import ArgumentParser
import Foundation
import JSON

/// `tollgate traces`: the latest traces of all services.
struct TracesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traces", abstract: "List the latest traces, the newest first.",
        discussion: "They come from the services' memory; `tollgate trace ID` draws one of them."
    )

    /// What counts as slow without a number.
    private static let slowMilliseconds = 1_000

    @Flag(help: "Only those that took a second or more.")
    var slow = false
    @Option(help: ArgumentHelp("Only those that took as long.", valueName: "milliseconds"))
    var slowerThan: Int?
    @Flag(help: "Only those that failed.")
    var errors = false
    @Option(help: ArgumentHelp("Only those of a route, such as /api/v1/payments.", valueName: "route"))
    var route: String?
    @Option(help: ArgumentHelp("How many of each service at most.", valueName: "count"))
    var limit = 20
    @OptionGroup var source: TraceSource
    @Flag(help: "Print them as JSON.")
    var json = false

    func validate() throws {
        guard (1...100).contains(limit) else { throw ValidationError("--limit must be from 1 to 100") }
        guard (0...3_600_000).contains(slowerThan ?? 0) else {
            throw ValidationError("--slower-than must be from 0 to 3600000")
        }
    }

    func run() async throws {
        let terminal = Terminal()
        do {
            let found = try await source.client().get(target)
            for name in found.silent { terminal.complain("tollgate: no answer from \(name)") }
            show(found.documents.flatMap { $0["data"]?.array ?? [] }, on: terminal)
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }

    /// What the services are asked.
    var target: String {
        var query = ["limit=\(limit)"]
        if let time = slowerThan ?? (slow ? Self.slowMilliseconds : nil) { query.append("slow=\(time)") }
        if errors { query.append("error=true") }
        if let route {
            let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "/-._~"))
            query.append("route=\(route.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")")
        }
        return "/traces?" + query.joined(separator: "&")
    }

    private func show(_ lines: [JSONValue], on terminal: Terminal) {
        let sorted = lines.sorted { ($0["start_us"]?.integer ?? 0) > ($1["start_us"]?.integer ?? 0) }
        if json {
            var writer = JSONWriter(capacity: 4_096)
            writer.beginObject()
            writer.member("data", JSONValue.array(sorted))
            writer.endObject()
            return terminal.print(String(decoding: writer.bytes, as: UTF8.self))
        }
        if sorted.isEmpty { return terminal.complain("tollgate: no traces") }
        for line in sorted { terminal.print(Self.text(line)) }
    }

    /// One line of the list.
    static func text(_ line: JSONValue) -> String {
        let time = Waterfall.time(line["duration_us"]?.integer ?? 0)
        let aligned = String(repeating: " ", count: max(0, 9 - time.count)) + time
        let status = line["status"]?.integer.map { String($0) } ?? "---"
        let parts: [String] = [
            line["start"]?.string ?? "", line["trace_id"]?.string ?? "", aligned, status, line["service"]?.string ?? "",
            line["name"]?.string ?? "", line["error_type"]?.string ?? "",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
