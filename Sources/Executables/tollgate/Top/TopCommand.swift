import ArgumentParser
import Foundation
import Sockets
import Synchronization
import UnixSignals

/// `tollgate top`: rate, errors and duration of every service and route, live, from their admin ports.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show rate, errors and duration of services and routes, live. q quits.",
        discussion: "Where standard output is no terminal, one table is printed, as with --once."
    )

    @Option(
        name: .customLong("admin"), parsing: .upToNextOption,
        help: ArgumentHelp("Admin ports; those of `up` unless named.", valueName: "url"))
    var admins = ["http://127.0.0.1:9080", "http://127.0.0.1:9081", "http://127.0.0.1:9082"]

    @Option(help: ArgumentHelp("How often to look, in seconds.", valueName: "seconds"))
    var interval = 1.0

    @Flag(help: "Print one table and end. Rates are those between two looks, an interval apart.")
    var once = false

    func validate() throws {
        for admin in admins where HTTPURL(admin) == nil { throw ValidationError("'\(admin)' is not an http URL") }
        guard (0.1...60).contains(interval) else { throw ValidationError("--interval must be 0.1 to 60") }
    }

    func run() async throws {
        let scraper = try TopScraper(admins)
        var model = TopModel(addresses: admins)
        if !once, let screen = TopScreen() {
            defer { screen.leave() }
            await live(&model, scraper, screen)
        } else {
            try await printOnce(&model, scraper)
        }
    }

    private func printOnce(_ model: inout TopModel, _ scraper: TopScraper) async throws {
        await scraper.look(into: &model)
        try await Task.sleep(for: .seconds(interval))
        await scraper.look(into: &model)
        let terminal = Terminal()
        let columns = terminal.isTerminal ? TerminalSize.current.columns : 160
        let view = TopView(columns: columns, rows: nil, hasColours: false)
        for line in view.lines(model, at: Date.now.timeIntervalSince1970) { terminal.print(line) }
        guard model.services.contains(where: { $0.latest != nil }) else { throw ExitCode(1) }
    }

    private func live(_ model: inout TopModel, _ scraper: TopScraper, _ screen: TopScreen) async {
        // The terminal is put back also when somebody else ends the process.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stop = StopFlag()
        let watch = Task {
            for await _ in signals { break }
            stop.raise()
        }
        defer { watch.cancel() }
        var next = ContinuousClock.now
        var size = TerminalSize()
        while !stop.isRaised, ![UInt8(ascii: "q"), UInt8(ascii: "Q")].contains(screen.key()) {
            let isDue = ContinuousClock.now >= next
            if isDue {
                await scraper.look(into: &model)
                next = .now + .seconds(interval)
            }
            // A window of another size is drawn anew at once.
            if isDue || size != .current {
                size = .current
                let view = TopView(columns: size.columns, rows: size.rows, hasColours: true)
                screen.draw(view.lines(model, at: Date.now.timeIntervalSince1970))
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// Raised once, by a signal.
private final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }

    func raise() { flag.store(true, ordering: .relaxed) }
}
