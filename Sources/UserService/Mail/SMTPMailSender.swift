import Chassis
import Sockets

/// Hands mails to a server by SMTP (RFC 5321), one connection each. In clear: TLS is for a relay or sidecar on this machine.
struct SMTPMailSender: MailSender {
    let settings: SMTPSettings
    let resolver: Resolver
    let loops: EventLoopGroup

    func send(_ message: MailMessage) async -> MailOutcome {
        let login = settings.login.map {
            SMTPConversation.Login(user: $0.user, password: $0.password.current.exposed)
        }
        let conversation = SMTPConversation(message, hello: settings.hello, login: login)
        do {
            let addresses = try await resolver.resolve(settings.server)
            let loop = loops.next()
            let socket = try await Socket.connect(to: addresses, on: loop, timeout: settings.timeout)
            return await loop.run {
                var exchange = SMTPExchange(socket, settings.timeout)
                return await exchange.run(conversation)
            }
        } catch {
            return .failed("\(error)")
        }
    }
}

/// A conversation over a socket, on its loop.
private struct SMTPExchange {
    private let socket: Socket
    private let timeout: Duration
    private var parser = SMTPReplyParser()

    init(_ socket: Socket, _ timeout: Duration) { (self.socket, self.timeout) = (socket, timeout) }

    mutating func run(_ start: SMTPConversation) async -> MailOutcome {
        defer { socket.close() }
        var conversation = start
        do {
            while true {
                switch conversation.take(try await reply()) {
                case .send(let bytes): try await send(bytes)
                case .end(let outcome):
                    // Nobody waits for the answer to a good-bye.
                    try? await send(Array("QUIT\r\n".utf8))
                    return outcome
                }
            }
        } catch is SMTPReplyParser.Malformed {
            return .failed("the server's answer was no SMTP")
        } catch {
            return .failed("\(error)")
        }
    }

    private mutating func reply() async throws -> SMTPReply {
        // One deadline for the whole answer, however slowly it drips.
        socket.readDeadline = socket.loop.now + timeout.milliseconds
        while true {
            if !socket.input.isEmpty, let reply = try parser.take(socket.input.take(socket.input.count)) {
                return reply
            }
            try await socket.fill().check()
        }
    }

    private func send(_ bytes: [UInt8]) async throws {
        socket.output.append(bytes)
        socket.writeDeadline = socket.loop.now + timeout.milliseconds
        try await socket.flush().check()
    }
}
