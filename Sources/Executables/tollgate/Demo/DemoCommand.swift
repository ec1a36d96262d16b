import ArgumentParser

/// `tollgate demo`: from sign-up to payment, every request and answer printed.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Walk the whole path against a running gateway and print it."
    )

    @Option(help: "The gateway's URL.")
    var url = "http://127.0.0.1:8080"

    func validate() throws {
        guard HTTPURL(url) != nil else { throw ValidationError("'\(url)' is not an http URL") }
    }

    func run() async throws {
        let terminal = Terminal()
        do {
            let client = try DemoClient(url: url, print: { terminal.print($0) })
            try await DemoScript(client: client, say: { terminal.print($0) }).run()
        } catch let failure as Failure {
            terminal.complain("tollgate: demo failed: \(failure)")
            throw ExitCode(1)
        }
    }
}
