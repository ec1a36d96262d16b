import Chassis
import TestSupport
import Testing

@testable import UserService

@Suite struct MailMessageTests {
    @Test func theHeadIsTheProgramsOwn() {
        let lines = String(decoding: MailFixture.message().bytes, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        #expect(
            lines == [
                "From: Tollgate <tollgate@example.com>", "To: <ada@example.com>", "Subject: A subject",
                "Date: Tue, 14 Nov 2023 22:13:20 +0000", "Message-ID: <mail_1@example.com>", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=us-ascii", "Auto-Submitted: auto-generated", "", "Hello.", ".",
                "Bye.", "",
            ])
    }

    /// What could end a line in a head or in a command is no address.
    @Test(arguments: [
        "ada@example.com\r\nBcc: eve@example.com", "ada@example.com>\r\nDATA", "ada\n@example.com", "<ada@example.com>",
        "ada @example.com", "ada@exa\u{0}mple.com", "ada@example.com\u{2028}", "ada@exämple.com",
    ])
    func noAddressInjects(_ text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test(arguments: [(0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000")])
    func datesAreThoseOfMail(_ time: Int64, _ text: String) {
        #expect(MailDate.string(time) == text)
    }

    @Test(arguments: MailKind.allCases) func everyMailIsPlain(_ kind: MailKind) throws {
        let key = CredentialKey()
        let mail = StoredMail(
            id: "mail_1", kind: kind, recipient: MailFixture.sender, salt: Array(repeating: 7, count: 32), createdAt: 0,
            attempts: 0)
        let plain = try #require(MailFixture.composer(key).message(mail))
        let linked = try #require(
            MailFixture.composer(key, verifyURL: "https://a.example/v#{token}", resetURL: "https://a.example/r#{token}")
                .message(mail))
        for message in [plain, linked] {
            #expect(message.bytes.allSatisfy { $0 == 0x0D || $0 == 0x0A || (0x20...0x7E).contains($0) })
            #expect(message.text.split(separator: "\n").allSatisfy { $0.utf8.count <= 998 })
            #expect(!message.subject.contains("\n") && !message.text.contains("{token}"))
        }
        guard let purpose = kind.purpose else { return }
        let token = OneTimeToken(purpose, salt: Array(repeating: 7, count: 32), key: key).exposed
        #expect(plain.text.contains("Token: \(token)\n"))
        #expect(linked.text.contains("https://a.example/\(purpose == .verifyEmail ? "v" : "r")#\(token)\n"))
    }

    @Test func aMailToNobodyIsNone() {
        let mail = StoredMail(
            id: "mail_1", kind: .resetPassword, recipient: nil, salt: [], createdAt: 0, attempts: 0)
        #expect(MailFixture.composer(CredentialKey()).message(mail) == nil)
    }
}
