/// What became of a try to send a mail.
enum MailOutcome: Sendable, Equatable {
    /// Somebody else is responsible for it now.
    case sent
    /// It may go better later. Why: for logs, without addresses and without what the mail says.
    case failed(String)
    /// It was refused for good.
    case refused(String)
}

/// Hands mails to whoever delivers them.
protocol MailSender: Sendable {
    func send(_ message: MailMessage) async -> MailOutcome
}
