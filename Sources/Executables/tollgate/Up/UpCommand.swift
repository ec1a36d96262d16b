import ArgumentParser
import Chassis
import Foundation
import Sockets

/// `tollgate up`: the three services as child processes on this machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the gateway and both services on this machine.",
        discussion: """
            Keys and databases are created in the data directory at the first start. Settings in the environment \
            (LOG_LEVEL, RATE_LIMITS=off|observe, …) reach every service. Ctrl-C stops everything in order.
            """
    )

    @OptionGroup var system: SystemOptions

    func run() async throws {
        let terminal = Terminal()
        do {
            let directory = try DataDirectory(system.data)
            let plans = ServicePlan.all(
                port: system.port, data: directory.path, inherited: ProcessInfo.processInfo.environment)
            try prepare(directory, plans)
            try SystemAddresses(plans).write(to: directory.path)
            let status = try await supervisor(plans, terminal).run()
            withExtendedLifetime(directory) {}
            if status != 0 { throw ExitCode(status) }
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }

    private func prepare(_ directory: DataDirectory, _ plans: [ServicePlan]) throws {
        for plan in plans {
            guard FileManager.default.isExecutableFile(atPath: Programs.path(of: plan.name)) else {
                throw Failure("\(Programs.path(of: plan.name)) is missing; `make build` makes it")
            }
        }
        try directory.prepare(for: plans, listening: plans)
    }

    private func supervisor(_ plans: [ServicePlan], _ terminal: Terminal) throws -> Supervisor {
        let style = LogLine.Style(coloured: terminal.isTerminal)
        let lifeline = try Lifeline()
        let children = plans.map { plan in
            ManagedChild(
                plan: plan, program: Programs.path(of: plan.name), lifeline: lifeline,
                output: { terminal.print(LogLine.readable($0, from: plan.name, style: style)) },
                report: { terminal.complain("tollgate: \($0)") }
            )
        }
        return Supervisor(
            gateway: children[0], services: Array(children.dropFirst()),
            readiness: ReadinessProbe(check: try HealthCheck()), terminal: terminal,
            welcome: Welcome.text(port: system.port, plans: plans)
        )
    }
}
