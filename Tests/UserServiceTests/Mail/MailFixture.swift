import Chassis
import Synchronization
import Testing

@testable import UserService

enum MailFixture {
    static let sender = EmailAddress("tollgate@example.com")!

    static func message(_ text: String = "Hello.\n.\nBye.", id: String = "mail_1") -> MailMessage {
        MailMessage(
            id: id, sender: sender, recipient: EmailAddress("ada@example.com")!, subject: "A subject", text: text,
            date: 1_700_000_000_000)
    }

    static func composer(_ key: CredentialKey, verifyURL: String? = nil, resetURL: String? = nil) -> MailComposer {
        MailComposer(sender: sender, verifyURL: verifyURL, resetURL: resetURL, key: key)
    }
}

/// Keeps what it is given, or fails as it is told.
final class CollectingSender: MailSender {
    private let state = Mutex<(outcome: MailOutcome, messages: [MailMessage])>((.sent, []))

    var messages: [MailMessage] { state.withLock { $0.messages } }

    func answer(_ outcome: MailOutcome) { state.withLock { $0.outcome = outcome } }

    func send(_ message: MailMessage) async -> MailOutcome {
        state.withLock { state in
            if state.outcome == .sent { state.messages.append(message) }
            return state.outcome
        }
    }
}
