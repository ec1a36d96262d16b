import TestSupport
import Testing

/// What an upstream answers that could make the gateway hand out another's answer, and what must become of it.
struct ResponseVector: Sendable {
    enum Outcome: Sendable {
        /// 502, and the next request is answered as if nothing had been.
        case badGateway
        /// 502, or an answer that is cut off, from its first byte on perhaps: it cannot be taken for a whole one.
        case cut
        /// This status and body and not a byte more.
        case clean(Int, String)
    }

    var name: String
    var reply: WireRecorder.Reply
    var outcome: Outcome
    var method = "GET"
    /// Whether the connection to the upstream may serve another request.
    var mayBeKept = false

    /// - Parameter text: characters up to U+00FF, each one byte.
    init(_ text: String, _ outcome: Outcome, closes: Bool = false, method: String = "GET", mayBeKept: Bool = false) {
        name = SmugglingVector.visible(String(text.prefix(90)))
        reply = .init(text, closes: closes)
        self.outcome = outcome
        self.method = method
        self.mayBeKept = mayBeKept
    }

    /// What an attacker wants the next client to read.
    static let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
}

extension AttackFixture {
    /// For each vector: its answer, and those to an honest request on the same connection and on another one.
    static func expect(_ vectors: [ResponseVector]) async throws {
        let answer: WireRecorder.Answer = { message in
            guard message.target.hasPrefix("/v/"), let index = Int(message.target.dropFirst(3)) else {
                return .echo(message)
            }
            return vectors[index].reply
        }
        try await run(answer: answer) { fixture in
            for (index, vector) in vectors.enumerated() {
                do {
                    try fixture.expect(vector, at: "/v/\(index)")
                    try fixture.expectHonestAnswer()
                } catch {
                    Issue.record("\(vector.name): \(error)")
                }
                guard !vector.mayBeKept else { continue }
                // Whatever came with the answer, its connection has served nobody after it.
                let targets = fixture.recorder.recordings.map { $0.messages.map(\.target) }
                #expect(targets.contains { $0.last == "/v/\(index)" }, "\(vector.name): \(targets)")
            }
        }
    }

    private func expect(_ vector: ResponseVector, at target: String) throws {
        let client = try RawClient(port: gateway.port)
        defer { client.close() }
        try client.send(
            "\(vector.method) /open\(target) HTTP/1.1\r\nHost: a\r\n\r\n"
                + "GET /open/honest HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let (answers, rest) = WireAnswer.all(try client.readToEnd(), methods: [vector.method, "GET"])
        let honest = WireAnswer(status: 200, body: "GET /honest")
        switch vector.outcome {
        case .badGateway:
            #expect(answers.count == 2 && answers.first?.status == 502, "\(vector.name): \(answers) \(rest)")
            #expect(answers.last == honest, "\(vector.name): \(answers)")
        case .clean(let status, let body):
            #expect(answers == [WireAnswer(status: status, body: body), honest], "\(vector.name): \(rest)")
            #expect(rest.isEmpty, "\(vector.name): \(rest)")
        case .cut:
            let isRefused = answers.first?.status == 502 && answers.last == honest
            let isCut = answers.isEmpty && (rest.isEmpty || rest.hasPrefix("HTTP/1.1 200"))
            #expect(isRefused || isCut, "\(vector.name): \(answers) \(rest)")
        }
        let text = "\(answers) \(rest)"
        #expect(!text.contains("poison"), "\(vector.name): \(text)")
    }
}

/// A whole answer as its framing says it, read by a reader of the tests' own.
struct WireAnswer: Equatable {
    var status: Int
    var body: String

    /// The whole answers in `bytes`, and what is behind them.
    /// - Parameter methods: Those of the requests, in their order.
    static func all(_ bytes: [UInt8], methods: [String]) -> (answers: [WireAnswer], rest: String) {
        var rest = String(decoding: bytes, as: UTF8.self)
        var answers: [WireAnswer] = []
        while let (answer, behind) = next(rest, isHead: methods.dropFirst(answers.count).first == "HEAD") {
            if answer.status >= 200 { answers.append(answer) }
            rest = behind
        }
        return (answers, rest)
    }

    private static func next(_ text: String, isHead: Bool) -> (WireAnswer, String)? {
        guard text.hasPrefix("HTTP/1.1 "), let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound].lowercased()
        let status = Int(text.dropFirst(9).prefix(3)) ?? 0
        let rest = text[end.upperBound...]
        if isHead || status < 200 || status == 204 || status == 304 {
            return (WireAnswer(status: status, body: ""), String(rest))
        }
        if head.contains("\r\ntransfer-encoding: chunked") { return chunks(rest, status) }
        guard let length = value(of: "content-length", in: head).flatMap({ Int($0) }),
            let stop = rest.utf8.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex)
        else { return nil }
        return (WireAnswer(status: status, body: String(rest[..<stop])), String(rest[stop...]))
    }

    private static func chunks(_ text: Substring, _ status: Int) -> (WireAnswer, String)? {
        var (body, rest) = ("", text)
        while let line = rest.firstRange(of: "\r\n"), let size = Int(rest[..<line.lowerBound], radix: 16) {
            rest = rest[line.upperBound...]
            guard let stop = rest.utf8.index(rest.startIndex, offsetBy: size, limitedBy: rest.endIndex),
                rest[stop...].hasPrefix("\r\n")
            else { return nil }
            body += rest[..<stop]
            rest = rest[stop...].dropFirst("\r\n".count)
            if size == 0 { return (WireAnswer(status: status, body: body), String(rest)) }
        }
        return nil
    }

    private static func value(of name: String, in head: String) -> String? {
        head.split(separator: "\r\n").first { $0.hasPrefix("\(name):") }.map {
            String($0.dropFirst(name.count + 1).drop { $0 == " " })
        }
    }
}
