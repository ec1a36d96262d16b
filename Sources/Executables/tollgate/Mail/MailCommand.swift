import ArgumentParser
import Chassis

/// `tollgate mail`: what user-service has delivered into files, for want of a mail server.
struct MailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mail",
        abstract: "Show the mails of a system without a mail server.",
        discussion: """
            Without SMTP_HOST user-service writes its mails into <data>/user-service/mail. They hold the tokens that \
            verify addresses and reset passwords.
            """
    )

    @Option(help: ArgumentHelp("The folder that `up` was given.", valueName: "dir"))
    var data = ".tollgate"

    @Option(help: ArgumentHelp("Only mails to this address.", valueName: "address"))
    var to: String?

    @Flag(help: "Go on, and show mails as they come.")
    var follow = false

    func run() async throws {
        var mailbox = MailDirectory(path: "\(data)/user-service/mail", recipient: to)
        do {
            let mails = try mailbox.unseen()
            for mail in mails { show(mail) }
            if mails.isEmpty, !follow { print("No mail in \(mailbox.path).") }
            while follow {
                try await Task.sleep(for: .milliseconds(200))
                for mail in try mailbox.unseen() { show(mail) }
            }
        } catch let error as FileError {
            Terminal().complain("tollgate: \(error)")
            throw ExitCode(1)
        }
    }

    private func show(_ mail: String) { Terminal().print(mail + "\n" + String(repeating: "-", count: 72)) }
}
