import ArgumentParser
import Foundation

/// `tollgate admin create --email E`: makes a user with the role admin. There is no other way to the first one but the
/// settings of user-service, and no default password.
struct AdminCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an admin.",
        discussion: """
            The password is asked for on the terminal and not shown, or read from standard input. The admin token of \
            the data directory is what allows it.
            """
    )

    @Option(help: ArgumentHelp("The data directory of the running `tollgate up`.", valueName: "dir"))
    var data = ".tollgate"
    @Option(help: "The admin's e-mail address.")
    var email: String
    @Option(help: "The admin's name.")
    var name = "Administrator"
    @Option(help: ArgumentHelp("The admin port of user-service, where it is not one of `up`.", valueName: "url"))
    var url: String?
    @Option(help: ArgumentHelp("The file with the admin token, if not that of the data directory.", valueName: "file"))
    var tokenFile: String?

    func run() async throws {
        do {
            let client = try OperatorClient(url: try address(), tokenFile: tokenFile ?? "\(data)/keys/admin/token")
            let password = try PasswordPrompt.read()
            print("Made the admin \(try await client.createAdmin(email: email, password: password, name: name)).")
        } catch let failure as Failure {
            Terminal().complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }

    private func address() throws -> String {
        if let url { return url }
        guard let found = try SystemAddresses(readingFrom: data).adminURLs["user-service"] else {
            throw Failure("\(data) names no address of user-service")
        }
        return found
    }
}
