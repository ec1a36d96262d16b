import TestSupport
import Testing

/// Bytes that could make two servers see different requests, and what the gateway must make of them.
struct SmugglingVector: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// 4xx or 5xx, the connection closed, nothing complete at the upstream.
        case refused
        /// These requests and no other one: `METHOD target body`.
        case forwarded([String])
        /// These requests and no other one; what comes behind them is refused, and the connection closed.
        case forwardedThenRefused([String])
        /// The client ends its input in the middle of a request: no answer says that it went well.
        case abandoned
        /// A refusal by the routes: the connection may stay.
        case denied
    }

    var name: String
    var bytes: [UInt8]
    var outcome: Outcome
    /// The status of a refusal, where it is promised.
    var status: Int?

    /// - Parameter text: characters up to U+00FF, each one byte.
    init(_ name: String, _ text: String, _ outcome: Outcome, status: Int? = nil) {
        self.name = name
        bytes = latin1(text)
        self.outcome = outcome
        self.status = status
    }

    var testDescription: String { name }

    /// What an attacker wants the upstream to see.
    static let smuggled = "GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A POST with these lines, this body, and the smuggled request behind it.
    static func post(_ lines: String, _ body: String = "5\r\nhello\r\n0\r\n\r\n") -> String {
        "POST /open/x HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(body)\(smuggled)"
    }

    /// Readable, and unique, name of some lines.
    static func visible(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\r": "\\r"
            case "\n": "\\n"
            case "\t": "\\t"
            default: scalar.value < 0x20 || scalar.value > 0x7E ? "\\x\(String(scalar.value, radix: 16))" : "\(scalar)"
            }
        }.joined()
    }
}

extension AttackFixture {
    /// Attacks, and then asks honestly over the same upstream: what was smuggled would be seen before that.
    static func expect(_ vector: SmugglingVector) async throws { try await expect([vector]) }

    /// The same with one gateway for all of the vectors, one after the other.
    static func expect(_ vectors: [SmugglingVector]) async throws {
        try await run { fixture in
            for vector in vectors { try await fixture.expect(vector) }
        }
    }

    private func expect(_ vector: SmugglingVector) async throws {
        do {
            try attack(vector)
            try expectHonestAnswer()
        } catch {
            Issue.record("\(vector.name): \(error)")
        }
        try await expectCleanWire(vector.name)
        let seen = recorder.messages.map { "\($0.method) \($0.target) \(Self.text($0.body))" }
        let expected = vector.outcome.forwarded + ["GET /honest "]
        #expect(seen.sorted() == expected.sorted(), "\(vector.name)")
        recorder.forget()
    }

    /// Sends the bytes and looks at every answer on their connection.
    private func attack(_ vector: SmugglingVector) throws {
        let client = try RawClient(port: gateway.port)
        defer { client.close() }
        try client.send(vector.bytes)
        if case .abandoned = vector.outcome {
            client.shutdownWrite()
            let answer = try client.readTextToEnd()
            #expect(!answer.contains("HTTP/1.1 2"), "\(vector.name): \(answer)")
            return
        }
        let requests = vector.outcome.forwarded
        let answers = try client.readAnswers(requests.count + (vector.outcome.endsInRefusal ? 1 : 0))
        for (answer, request) in zip(answers, requests) {
            // The echo says whose answer it is.
            #expect(answer.status == 200, "\(vector.name): \(answer)")
            #expect(request.hasPrefix(answer.body + " "), "\(vector.name): \(answer)")
        }
        guard vector.outcome.endsInRefusal, let refusal = answers.last else { return }
        #expect((400...599).contains(refusal.status), "\(vector.name): \(refusal)")
        if let status = vector.status { #expect(refusal.status == status, "\(vector.name): \(refusal)") }
        guard vector.outcome.closes else { return }
        #expect(try client.readToEnd() == [], "\(vector.name): the connection goes on")
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension SmugglingVector.Outcome {
    var forwarded: [String] {
        switch self {
        case .forwarded(let requests), .forwardedThenRefused(let requests): requests
        case .refused, .denied, .abandoned: []
        }
    }

    var endsInRefusal: Bool {
        switch self {
        case .refused, .denied, .forwardedThenRefused: true
        case .forwarded, .abandoned: false
        }
    }

    var closes: Bool {
        if case .denied = self { false } else { endsInRefusal }
    }
}

extension RawClient {
    /// Final answers with a `Content-Length`, one after the other; interim ones are passed over.
    func readAnswers(_ count: Int) throws -> [RawAnswer] {
        var text = ""
        var answers: [RawAnswer] = []
        while answers.count < count {
            if let (answer, rest) = try Self.split(text) {
                if answer.status >= 200 { answers.append(answer) }
                text = rest
                continue
            }
            let chunk = try read()
            guard !chunk.isEmpty else { throw MissingAnswers(received: text) }
            text += String(decoding: chunk, as: UTF8.self)
        }
        guard text.isEmpty else { throw MissingAnswers(received: "more than \(answers): \(text)") }
        return answers
    }

    private static func split(_ text: String) throws -> (RawAnswer, rest: String)? {
        guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else { return nil }
        let lines = text[..<end].split(separator: "\r\n")
        let length = lines.lazy.compactMap { line in
            line.lowercased().hasPrefix("content-length:") ? Int(line.dropFirst(15).filter { $0 != " " }) : nil
        }.first
        guard let stop = text.utf8.index(end, offsetBy: length ?? 0, limitedBy: text.endIndex) else { return nil }
        return (try RawAnswer(String(text[..<stop])), String(text[stop...]))
    }
}

typealias Vector = SmugglingVector

/// The gateway closed before all answers had come, or sent more.
struct MissingAnswers: Error {
    var received: String
}
