import Chassis

/// One delivery as a state machine over the server's answers (RFC 5321 §3): greeting, EHLO, AUTH where there is a login,
/// MAIL, RCPT, DATA, the mail itself.
struct SMTPConversation: Sendable {
    /// What to do next.
    enum Action: Sendable, Equatable {
        /// Send these bytes and wait for the answer.
        case send([UInt8])
        /// It is over; `QUIT` is a courtesy.
        case end(MailOutcome)
    }

    /// A login (RFC 4616).
    struct Login: Sendable {
        let user: String
        let password: String
    }

    private enum State: Sendable { case greeting, hello, login, sender, recipient, data, content, over }

    private let message: MailMessage
    private let hello: String
    private let login: Login?
    private var state = State.greeting

    /// - Parameter hello: The name to greet with: no white space, no line break.
    init(_ message: MailMessage, hello: String, login: Login? = nil) {
        (self.message, self.hello, self.login) = (message, hello, login)
    }

    /// Takes the server's next answer; the first one is its greeting.
    mutating func take(_ reply: SMTPReply) -> Action {
        guard reply.isPositive, reply.code == expected else { return refusal(reply) }
        switch state {
        case .greeting: return go(.hello, "EHLO \(hello)")
        case .hello: return logIn(reply)
        case .login: return go(.sender, "MAIL FROM:<\(message.sender.exposed)>")
        case .sender: return go(.recipient, "RCPT TO:<\(message.recipient.exposed)>")
        case .recipient: return go(.data, "DATA")
        case .data:
            state = .content
            return .send(Self.stuffed(message.bytes) + Array(".\r\n".utf8))
        case .content, .over:
            state = .over
            return .end(.sent)
        }
    }

    /// The positive answer to the last command; a RCPT may also be 251, which says that the server forwards.
    private var expected: Int {
        switch state {
        case .greeting: 220
        case .login: login == nil ? 250 : 235
        case .data: 354
        case .hello, .sender, .recipient, .content, .over: 250
        }
    }

    private mutating func logIn(_ reply: SMTPReply) -> Action {
        guard let login else {
            state = .login
            return take(SMTPReply(code: 250, lines: []))
        }
        // RFC 4954 §3: the keyword and the mechanisms.
        let offers = reply.lines.contains { line in
            let words = line.uppercased().split(separator: " ")
            return words.first == "AUTH" && words.dropFirst().contains("PLAIN")
        }
        guard offers else { return end(.failed("the server offers no AUTH PLAIN")) }
        let token = Base64.encode(Array("\0\(login.user)\0\(login.password)".utf8))
        return go(.login, "AUTH PLAIN \(token)")
    }

    /// A refusal of the mail itself is for good when it says so. One of the connection or of the login is about how this
    /// service is set up: the mail waits.
    private mutating func refusal(_ reply: SMTPReply) -> Action {
        switch state {
        case .recipient where reply.code == 251: return go(.data, "DATA")
        case .sender, .recipient, .data, .content:
            let reason = "\(name) \(reply.summary)"
            return end(reply.isPermanent ? .refused(reason) : .failed(reason))
        case .greeting, .hello, .login, .over: return end(.failed("\(name) \(reply.summary)"))
        }
    }

    /// What was asked last.
    private var name: String {
        switch state {
        case .greeting: "the connection was"
        case .hello: "EHLO was"
        case .login: "AUTH was"
        case .sender: "MAIL was"
        case .recipient: "RCPT was"
        case .data: "DATA was"
        case .content, .over: "the mail was"
        }
    }

    private mutating func go(_ next: State, _ command: String) -> Action {
        state = next
        return .send(Array("\(command)\r\n".utf8))
    }

    private mutating func end(_ outcome: MailOutcome) -> Action {
        state = .over
        return .end(outcome)
    }

    /// A line that begins with a dot gets another one (RFC 5321 §4.5.2). `bytes` end in CRLF.
    static func stuffed(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 16)
        var startsLine = true
        for byte in bytes {
            if startsLine, byte == UInt8(ascii: ".") { out.append(byte) }
            out.append(byte)
            startsLine = byte == 0x0A
        }
        return out
    }
}
