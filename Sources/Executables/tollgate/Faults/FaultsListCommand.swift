import ArgumentParser
import HTTPTypes
import JSON

/// `tollgate faults list`: what is active in which service.
struct FaultsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the active faults.")

    @OptionGroup var source: FaultSource

    func run() async throws {
        try await reporting { terminal in
            var count = 0
            for client in try source.clients() {
                do {
                    let document = try await client.send(.get)
                    let service = document["service"]?.string ?? client.service
                    for fault in document["data"]?.array ?? [] {
                        terminal.print(Self.text(fault, of: service))
                        count += 1
                    }
                } catch let failure as Failure {
                    // The lab may be on in some services only.
                    terminal.complain("tollgate: \(failure)")
                }
            }
            if count == 0 { terminal.print("No fault is active.") }
        }
    }

    /// One line of the list.
    static func text(_ fault: JSONValue, of service: String) -> String {
        let hidden: Set = ["id", "kind", "for", "seconds_left", "strikes"]
        let parameters = (fault.object ?? []).filter { !hidden.contains($0.name) }
            .map { "\($0.name)=\(Self.text($0.value))" }
        let number = { (name: String) in fault[name].map(Self.text) ?? "" }
        return
            ([number("id"), service, number("kind")] + parameters
            + ["strikes=\(number("strikes"))", "seconds_left=\(number("seconds_left"))"])
            .joined(separator: "  ")
    }

    private static func text(_ value: JSONValue) -> String {
        value.string ?? value.integer.map { String($0) } ?? ""
    }
}
