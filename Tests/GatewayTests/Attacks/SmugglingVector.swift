import TestSupport
import Testing

/// Bytes that could make two servers see different requests, and what the gateway must make of them.
struct SmugglingVector: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// 4xx or 5xx, the connection closed, nothing complete at the upstream.
        case refused
        /// These requests and no other one: `METHOD target body`.
        case forwarded([String])
        /// A refusal by the routes: the connection may stay.
        case denied
    }

    var name: String
    var bytes: [UInt8]
    var outcome: Outcome

    /// - Parameter text: characters up to U+00FF, each one byte.
    init(_ name: String, _ text: String, _ outcome: Outcome) {
        self.name = name
        bytes = latin1(text)
        self.outcome = outcome
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
    static func expect(_ vector: SmugglingVector) async throws {
        try await run { fixture in
            let client = try RawClient(port: fixture.gateway.port)
            try client.send(vector.bytes)
            var expected: [String] = []
            switch vector.outcome {
            case .refused:
                let answer = try RawAnswer(try client.readAnswer())
                #expect((400...599).contains(answer.status), "\(vector.name): \(answer)")
                #expect(try client.readToEnd() == [], "\(vector.name): the connection goes on")
            case .denied:
                let answer = try RawAnswer(try client.readAnswer())
                #expect((400...499).contains(answer.status), "\(vector.name): \(answer)")
            case .forwarded(let requests):
                expected = requests
                let answers = try client.readAnswers(requests.count)
                #expect(answers.allSatisfy { $0.status == 200 }, "\(vector.name): \(answers)")
            }
            try fixture.expectHonestAnswer()
            try await fixture.expectCleanWire(vector.name)
            let seen = fixture.recorder.messages.map { "\($0.method) \($0.target) \(text($0.body))" }
            #expect(seen.sorted() == (expected + ["GET /honest "]).sorted(), "\(vector.name)")
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
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

/// The gateway closed before all answers had come.
struct MissingAnswers: Error {
    var received: String
}
