import Chassis
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import UserService

/// A mail server that says what a test has written down, and keeps what it hears.
private final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// Says this and goes on.
        case say(String)
        /// Says this in single bytes.
        case drip(String)
        /// Says nothing, for ever.
        case hang
        case hangUp
    }

    private let heard = Mutex<[String]>([])
    private let loop: EventLoop
    private let listener: Listener
    private let steps: [Step]

    /// - Parameter steps: What to do at the beginning, and after each command; the text after `354` is one command.
    init(_ steps: [Step], on loop: EventLoop) async throws {
        self.steps = steps
        self.loop = loop
        let listener = try await loop.run { try Listener(.loopback(port: 0), on: loop, backlog: 16) }
        self.listener = listener
        loop.spawn { [self] in
            while let connection = try? await listener.accept() {
                guard let socket = try? connection.open(on: loop) else { continue }
                loop.spawn { [self] in await serve(socket) }
            }
        }
    }

    var port: Int { listener.address.port }
    var commands: [String] { heard.withLock { $0 } }

    func stop() async { await loop.run { listener.close() } }

    private func serve(_ socket: Socket) async {
        defer { socket.close() }
        var end = "\r\n"
        for (index, step) in steps.enumerated() {
            if index > 0 {
                guard let command = await read(socket, until: end) else { return }
                heard.withLock { $0.append(command) }
            }
            switch step {
            case .say(let text):
                end = text.hasPrefix("354") ? "\r\n.\r\n" : "\r\n"
                socket.output.append(text + "\r\n")
                guard await socket.flush() == .ready else { return }
            case .drip(let text):
                for byte in Array((text + "\r\n").utf8) {
                    socket.output.append(byte)
                    guard await socket.flush() == .ready else { return }
                }
            case .hang:
                _ = await read(socket, until: "\u{0}never")
                return
            case .hangUp: return
            }
        }
        if let last = await read(socket, until: "\r\n") { heard.withLock { $0.append(last) } }
    }

    private func read(_ socket: Socket, until end: String) async -> String? {
        var text = ""
        while !text.hasSuffix(end) {
            guard await socket.fill() == .ready else { return nil }
            text += String(decoding: socket.input.take(socket.input.count), as: UTF8.self)
        }
        return String(text.dropLast(end == "\r\n" ? 1 : 0))
    }
}

@Suite struct SMTPMailSenderTests {
    private typealias Step = ScriptedServer.Step

    private static let good: [Step] = [
        .say("220 hello"), .say("250-mail\r\n250 SIZE 1000"), .say("250 ok"), .say("250 ok"), .say("354 go"),
        .say("250 queued"),
    ]

    private func deliver(
        _ steps: [Step], login: SMTPSettings.Login? = nil, timeout: Duration = .seconds(30),
        _ body: (MailOutcome, ScriptedServer) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1)
        let server = try await ScriptedServer(steps, on: group.next())
        let sender = SMTPMailSender(
            settings: SMTPSettings(
                server: Endpoint(host: "127.0.0.1", port: server.port), hello: "tollgate.example", login: login,
                timeout: timeout),
            resolver: Resolver(), loops: group)
        let outcome = await sender.send(MailFixture.message())
        try await body(outcome, server)
        await server.stop()
        await group.shutdown()
    }

    @Test func aMailArrivesWhole() async throws {
        try await deliver(Self.good) { outcome, server in
            #expect(outcome == .sent)
            try await waitUntil("the server has heard the good-bye") { server.commands.count == 6 }
            #expect(server.commands.first == "EHLO tollgate.example" && server.commands.last == "QUIT")
            let mail = server.commands[4]
            #expect(
                mail == String(decoding: SMTPConversation.stuffed(MailFixture.message().bytes), as: UTF8.self) + ".\r\n"
            )
            #expect(mail.contains("\r\nHello.\r\n..\r\nBye.\r\n.\r\n"))
        }
    }

    @Test func answersMayArriveInPieces() async throws {
        let dripped = Self.good.map { step -> Step in
            if case .say(let text) = step, !text.hasPrefix("354") { .drip(text) } else { step }
        }
        try await deliver(dripped) { outcome, _ in #expect(outcome == .sent) }
    }

    @Test(arguments: 0..<6) func refusalsAndHangUpsAtEveryStep(_ step: Int) async throws {
        let before = Array(Self.good[..<step])
        try await deliver(before + [.say("451 later")]) { outcome, _ in
            guard case .failed(let reason) = outcome else { return #expect(outcome == .failed("")) }
            #expect(reason.hasSuffix("answered 451"))
        }
        try await deliver(before + [.say("554 never")]) { outcome, _ in
            if step < 2 { #expect(outcome != .sent) } else { #expect(outcome.isRefusal) }
        }
        try await deliver(before + [.hangUp]) { outcome, _ in #expect(outcome == .failed("connection closed")) }
        try await deliver(before + [.say("no SMTP at all")]) { outcome, _ in
            #expect(outcome == .failed("the server's answer was no SMTP"))
        }
    }

    @Test(arguments: [0, 1, 4, 5]) func aServerThatHangsIsLeft(_ step: Int) async throws {
        try await deliver(Array(Self.good[..<step]) + [.hang], timeout: .milliseconds(300)) { outcome, _ in
            #expect(outcome == .failed("deadline passed"))
        }
    }

    @Test func nobodyListens() async throws {
        let group = try EventLoopGroup(count: 1)
        let server = try await ScriptedServer([], on: group.next())
        let port = server.port
        await server.stop()
        let sender = SMTPMailSender(
            settings: SMTPSettings(server: Endpoint(host: "127.0.0.1", port: port), timeout: .seconds(5)),
            resolver: Resolver(), loops: group)
        guard case .failed = await sender.send(MailFixture.message()) else {
            Issue.record("sent to nobody")
            return
        }
        await group.shutdown()
    }

    // MARK: - Settings

    @Test(arguments: [
        ("127.0.0.1", true), ("localhost", true), ("::1", true), ("mail.example.com", false), ("10.0.0.1", false),
    ])
    func passwordsCrossNoNetworkInClear(_ host: String, _ isAllowed: Bool) throws {
        let environment = ["SMTP_HOST": host, "SMTP_USERNAME": "u", "SMTP_PASSWORD": "p"]
        func settings(_ more: [String: String]) throws -> SMTPSettings? {
            try SMTPSettings(Settings(environment.merging(more) { $1 }))
        }
        if isAllowed {
            #expect(try settings([:])?.login?.user == "u")
        } else {
            #expect(throws: SettingsError.self) { try settings([:]) }
        }
        #expect(try settings(["SMTP_ALLOW_PLAINTEXT_AUTH": "on"])?.login?.user == "u")
    }
}

extension MailOutcome {
    fileprivate var isRefusal: Bool { if case .refused = self { true } else { false } }
}
