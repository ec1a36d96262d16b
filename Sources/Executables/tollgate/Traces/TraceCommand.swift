import ArgumentParser
import Foundation
import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the traces are asked for.
struct TraceSource: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory of the running `tollgate up`.", valueName: "dir"))
    var data = ".tollgate"
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "An admin port to ask, instead of those of `up`; several times for several.", valueName: "url"))
    var urls: [String] = []
    @Option(help: ArgumentHelp("The file with the admin token, if not that of the data directory.", valueName: "file"))
    var tokenFile: String?

    func client() throws -> TraceClient { try TraceClient(data: data, urls: urls, tokenFile: tokenFile) }
}

/// `tollgate trace ID`: what one request was spent on, in all services.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Draw one trace as a waterfall, the spans of all services together.",
        discussion: """
            The id is the trace_id of a log line, of an error's body, or of `tollgate traces`. It comes from the services' \
            memory, which holds the latest ones.
            """
    )

    @Argument(help: "The trace id: 32 hexadecimal digits.")
    var id: String
    @OptionGroup var source: TraceSource
    @Flag(help: "Print the spans as JSON.")
    var json = false

    func validate() throws {
        guard id.wholeMatch(of: /[0-9a-f]{32}/) != nil else {
            throw ValidationError("a trace id has 32 hexadecimal digits, in lower case")
        }
    }

    func run() async throws {
        let terminal = Terminal()
        do {
            let found = try await source.client().get("/traces/\(id)")
            for name in found.silent { terminal.complain("tollgate: no answer from \(name)") }
            let spans = found.documents.flatMap { $0["spans"]?.array ?? [] }
            guard !spans.isEmpty else { throw Failure("no service remembers the trace \(id)") }
            if json { return terminal.print(Self.text(spans, of: id)) }
            draw(Waterfall(spans.compactMap(Waterfall.Span.init)), on: terminal)
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }

    private func draw(_ waterfall: Waterfall, on terminal: Terminal) {
        terminal.print("trace \(id)  \(waterfall.rows.count) spans  \(Waterfall.time(waterfall.duration))")
        let lines = waterfall.lines(width: terminal.width, isColoured: terminal.isTerminal)
        for line in lines { terminal.print(line) }
    }

    private static func text(_ spans: [JSONValue], of id: String) -> String {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.member("trace_id", id)
        json.member("spans", JSONValue.array(spans))
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Terminal {
    /// Its columns; 100 where standard output is no terminal.
    var width: Int {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 40 else { return 100 }
        return min(240, Int(size.ws_col))
    }
}
