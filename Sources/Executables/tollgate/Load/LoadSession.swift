import Chassis
import Foundation

/// One load test from its first sign-up to its last word.
struct LoadSession {
    private let command: LoadCommand
    private let terminal: Terminal
    private let seconds: Double
    private let scenario: LoadScenario
    private let load: LoadRun

    /// - Throws: ``Failure``.
    init(_ command: LoadCommand, terminal: Terminal) throws {
        self.command = command
        self.terminal = terminal
        seconds = LoadThresholds.seconds(command.duration) ?? 0
        let seed = command.seed ?? .random(in: .min ... .max)
        // Addresses and keys differ from run to run, also where the seed is the same.
        let name = String(UInt32.random(in: .min ... .max), radix: 36)
        let timeout = Duration.seconds(LoadThresholds.seconds(command.timeout) ?? 10)
        let client = try LoadClient(url: command.url, timeout: timeout, loops: 2)
        scenario = LoadScenario(client: client, people: LoadPeople(random: SplitMix64(seed: seed)), run: name)
        load = LoadRun(
            scenario, mix: LoadMix(command.mix) ?? .standard, rate: command.rate, seconds: seconds,
            limit: command.inFlight, timeout: timeout)
    }

    /// - Returns: Whether everything was as it should be.
    /// - Throws: ``Failure`` when the test could not be made.
    func run() async throws -> Bool {
        terminal.print("\(command.users) people sign up, each with an account and money")
        let line = StatusLine(terminal)
        try await scenario.prepare(command.users) { line.show("\($0) of \(command.users)") }
        line.clear()
        terminal.print("\(LoadRate.text(command.rate)) requests per second for \(command.duration)")
        await runWithProgress(line)
        let (summary, _) = load.current
        for line in LoadText.lines(summary, rate: command.rate, seconds: seconds) { terminal.print(line) }
        let verdicts = try await verdicts(summary)
        terminal.print("")
        for verdict in verdicts { terminal.print((verdict.holds ? "✓ " : "✗ ") + verdict.text) }
        if let html = command.html { try write(summary, verdicts, to: html) }
        return verdicts.allSatisfy(\.holds)
    }

    private func runWithProgress(_ line: StatusLine) async {
        let start = ContinuousClock.now
        await withTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(500))) != nil {
                    let elapsed = start.duration(to: .now) / .seconds(1)
                    let (summary, inFlight) = load.current
                    line.show(
                        LoadProgress.line(
                            summary, elapsed: elapsed, of: seconds, inFlight: inFlight, width: line.width))
                }
            }
            await load.run()
            group.cancelAll()
        }
        line.clear()
    }

    private func verdicts(_ summary: LoadSummary) async throws -> [(holds: Bool, text: String)] {
        let thresholds = LoadThresholds(
            p99: command.maxP99.flatMap(LoadThresholds.milliseconds),
            errors: command.maxErrors.flatMap(LoadThresholds.share))
        var verdicts = thresholds.crossed(by: summary).map { (holds: false, text: $0) }
        if verdicts.isEmpty, thresholds != LoadThresholds() { verdicts.append((true, "every limit was kept")) }
        if let data = command.data {
            let ledger = try await LoadLedger.verify(data: data)
            verdicts.append((ledger.holds, ledger.lines.joined(separator: "\n")))
        }
        if let admin = command.admin, let tokenFile = command.tokenFile {
            let ledger = try await LoadLedger.trialBalance(admin: admin, tokenFile: tokenFile)
            verdicts.append((ledger.holds, ledger.lines.joined(separator: "\n")))
        }
        return verdicts
    }

    private func write(_ summary: LoadSummary, _ verdicts: [(holds: Bool, text: String)], to file: String) throws {
        let page = LoadPage(
            summary: summary,
            conditions: [
                ("gateway", command.url), ("rate", "\(LoadRate.text(command.rate)) per second"),
                ("duration", command.duration), ("people", "\(command.users)"), ("mix", command.mix),
                ("finished", Date.now.formatted(.iso8601)),
            ], verdicts: verdicts)
        do {
            try page.html.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw Failure("cannot write \(file): \(error.localizedDescription)")
        }
        terminal.print("the report is in \(file)")
    }
}

/// A rate as people write it.
enum LoadRate {
    static func text(_ rate: Double) -> String {
        rate == rate.rounded() ? String(format: "%.0f", rate) : String(rate)
    }
}
