import ArgumentParser
import Chassis
import Foundation
import Gateway
import PaymentsService
import Sockets
import UserService

/// `tollgate mono`: the three services in one process, which is this one.
struct MonoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mono",
        abstract: "Start the gateway and both services in one process.",
        discussion: """
            The same services as `tollgate up`, with the same data directory, settings, gateway port and admin ports; \
            they call each other in the process, so their own ports stay free. Log lines are JSON unless standard output \
            is a terminal. Ctrl-C stops everything in order.
            """
    )

    @OptionGroup var system: SystemOptions

    func run() async throws {
        let terminal = Terminal()
        do {
            let directory = try DataDirectory(system.data)
            let plans = ServicePlan.mono(
                port: system.port, data: directory.path, inherited: ProcessInfo.processInfo.environment)
            // Nobody listens at the ports of the services behind.
            try directory.prepare(for: plans, listening: [plans[0]])
            try SystemAddresses(plans).write(to: directory.path)
            try await serve(plans, terminal)
            withExtendedLifetime(directory) {}
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }

    private func serve(_ plans: [ServicePlan], _ terminal: Terminal) async throws {
        do {
            let host = try ServiceHost(
                environment: plans[0].environment, name: plans[0].name,
                addresses: plans.dropFirst().map { .loopback(port: $0.port) })
            host.bootstrap()
            let users = try await HostedService(
                plans[1].name, environment: plans[1].environment, host: host, build: UserService.build)
            let payments = try await HostedService(
                plans[2].name, environment: plans[2].environment, host: host, build: PaymentsService.build)
            let gateway = try await HostedService(
                plans[0].name, environment: plans[0].environment, host: host, facesStrangers: true,
                build: GatewayService.build)
            try await host.serve([users, payments], behind: gateway) {
                terminal.print(Welcome.text(port: system.port, plans: plans, isOneProcess: true))
            }
        } catch {
            throw Failure("\(error)")
        }
    }
}

extension ServicePlan {
    /// The plans of `up`, for one process: lines are written as the process's own settings say.
    static func mono(port: Int, data: String, inherited: [String: String]) -> [ServicePlan] {
        all(port: port, data: data, inherited: inherited).map { plan in
            var environment = plan.environment
            environment["LOG_FORMAT"] = inherited["LOG_FORMAT"]
            return ServicePlan(name: plan.name, port: plan.port, adminPort: plan.adminPort, environment: environment)
        }
    }
}
