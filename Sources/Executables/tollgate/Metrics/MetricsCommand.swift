import ArgumentParser

/// `tollgate metrics`: every metric of every service, as docs/metrics.md has them.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "List every metric with its type, labels and meaning, in Markdown.")

    func run() { print(MetricsPage.text, terminator: "") }
}
