import Chassis
import TestSupport
import Testing

@testable import UserService

@Suite struct SMTPConversationTests {
    private func parsed(_ text: String, in pieces: Int = 1) throws -> SMTPReply? {
        var parser = SMTPReplyParser()
        var reply: SMTPReply?
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: max(1, bytes.count / pieces)) {
            reply = try parser.take(bytes[start..<min(bytes.count, start + max(1, bytes.count / pieces))]) ?? reply
        }
        return reply
    }

    @Test(arguments: [
        ("220 ready\r\n", 220, ["ready"]), ("250\r\n", 250, [""]),
        ("250-one\r\n250-two\r\n250 three\r\n", 250, ["one", "two", "three"]),
        ("451 try later\n", 451, ["try later"]), ("250-\r\n250 \r\n", 250, ["", ""]),
    ])
    func anAnswerIsReadHoweverItArrives(_ text: String, _ code: Int, _ lines: [String]) throws {
        for pieces in 1...text.utf8.count {
            #expect(try parsed(text, in: pieces) == SMTPReply(code: code, lines: lines))
        }
        #expect(try parsed(String(text.dropLast())) == nil)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "25 ok\r\n", "2500 ok\r\n", "250_ok\r\n", "199 ok\r\n", "600 ok\r\n", "\r\n",
        "250-a\r\n251 b\r\n", "250 ok\r\n250 again\r\n", "٢٥٠ ok\r\n",
    ])
    func whatIsNoAnswerIsRefused(_ text: String) {
        #expect(throws: SMTPReplyParser.Malformed.self) { try parsed(text) }
    }

    @Test func answersAreBounded() {
        #expect(throws: SMTPReplyParser.Malformed.self) { try parsed("250 " + String(repeating: "x", count: 2_000)) }
        let lines = String(repeating: "250-x\r\n", count: 100)
        #expect(throws: SMTPReplyParser.Malformed.self) { try parsed(lines) }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator.announced()
        for _ in 0..<2_000 {
            var parser = SMTPReplyParser()
            let bytes = random.bytes(Int.random(in: 0...64, using: &random)).map { $0 % 64 }
            _ = try? parser.take(bytes)
        }
    }

    // MARK: - The conversation

    private func commands(_ answers: [String], login: SMTPConversation.Login? = nil) throws -> ([String], MailOutcome?)
    {
        var conversation = SMTPConversation(MailFixture.message(), hello: "mail.example.com", login: login)
        var sent: [String] = []
        for answer in answers {
            switch conversation.take(try #require(try parsed(answer + "\r\n"))) {
            case .send(let bytes): sent.append(String(decoding: bytes, as: UTF8.self))
            case .end(let outcome): return (sent, outcome)
            }
        }
        return (sent, nil)
    }

    private static let good = [
        "220 hi", "250-mail\r\n250 AUTH LOGIN PLAIN", "250 ok", "250 ok", "354 go", "250 queued",
    ]

    @Test func aMailGoesOver() throws {
        let (sent, outcome) = try commands(Self.good)
        #expect(outcome == .sent)
        #expect(
            sent.dropLast() == [
                "EHLO mail.example.com\r\n", "MAIL FROM:<tollgate@example.com>\r\n", "RCPT TO:<ada@example.com>\r\n",
                "DATA\r\n",
            ])
        #expect(sent.last?.hasSuffix("\r\n.\r\n") == true)
    }

    @Test func aLoginComesFirst() throws {
        let login = SMTPConversation.Login(user: "tim", password: "tanstaaftanstaaf")
        let (sent, outcome) = try commands(
            Array(Self.good[..<2]) + ["235 ok"] + Array(Self.good[2...]), login: login)
        #expect(outcome == .sent)
        // The example of RFC 4616 §4.
        #expect(sent[1] == "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n")
        let (_, none) = try commands(["220 hi", "250 mail"], login: login)
        #expect(none == .failed("the server offers no AUTH PLAIN"))
        let (_, wrong) = try commands(["220 hi", "250 AUTH PLAIN", "535 no"], login: login)
        #expect(wrong == .failed("AUTH was answered 535"))
    }

    /// A refusal of the mail is for good when it says so; one of the connection never is.
    @Test(arguments: 0..<6) func refusalsAreToldApart(_ step: Int) throws {
        for code in [421, 450, 550, 554] {
            let (_, outcome) = try commands(Array(Self.good[..<step]) + ["\(code) no"])
            switch outcome {
            case .refused: #expect(code >= 500 && step >= 2)
            case .failed: #expect(code < 500 || step < 2)
            default: Issue.record("\(String(describing: outcome))")
            }
        }
        // Good news that was not asked for is none.
        let (_, odd) = try commands(Array(Self.good[..<step]) + ["299 what"])
        #expect(odd != .sent && odd != nil)
    }

    @Test func aForwardedRecipientIsFine() throws {
        let (_, outcome) = try commands(Array(Self.good[..<3]) + ["251 will forward"] + Array(Self.good[4...]))
        #expect(outcome == .sent)
    }

    @Test(arguments: [
        (".\r\n", "..\r\n"), ("a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n"), ("a.b\r\n", "a.b\r\n"), ("", ""),
        ("a\r\n.\r\nQUIT\r\n", "a\r\n..\r\nQUIT\r\n"),
    ])
    func dotsAreStuffed(_ text: String, _ stuffed: String) {
        #expect(String(decoding: SMTPConversation.stuffed(Array(text.utf8)), as: UTF8.self) == stuffed)
    }
}
