import Sockets
import TestSupport
import Testing

@testable import Gateway

/// All attacks, one after the other: each has a gateway with threads of its own, and blocks while it waits.
@Suite(.serialized) struct AttackTests {}

/// The gateway in front of a ``WireRecorder``, attacked over a raw connection.
struct AttackFixture {
    let gateway: GatewayFixture
    let recorder: WireRecorder

    static func run(
        answer: @escaping WireRecorder.Answer = WireRecorder.Reply.echo,
        early: @escaping WireRecorder.EarlyAnswer = { _ in nil },
        _ body: @Sendable (AttackFixture) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1)
        let recorder = try await WireRecorder(on: group.loops[0], answer: answer, early: early)
        do {
            try await GatewayFixture.run(yaml(port: recorder.port)) { gateway in
                try await body(AttackFixture(gateway: gateway, recorder: recorder))
            }
        } catch {
            await recorder.stop()
            await group.shutdown()
            throw error
        }
        await recorder.stop()
        await group.shutdown()
    }

    private static func yaml(port: Int) -> String {
        """
        upstreams:
          wire: { url: "http://127.0.0.1:\(port)", audience: none, retries: { attempts: 0 } }
          patient: { url: "http://127.0.0.1:\(port)", audience: none, retries: { attempts: 1, backoff: 1ms } }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: wire, path: /keys }
        limits: { body: 16KiB }
        routes:
          - { name: open, path: /open/*, upstream: wire, auth: public, strip_prefix: /open }
          - { name: closed, path: /closed/*, upstream: wire }
          - { name: keyed, path: /keyed, methods: [POST], upstream: patient, auth: public, idempotency: key }
        """
    }

    /// An honest request on a connection of its own, whose answer must be its own.
    func expectHonestAnswer(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let answer = try RawAnswer(try exchange("GET /open/honest HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(answer.status == 200, sourceLocation: sourceLocation)
        #expect(answer.body == "GET /honest", sourceLocation: sourceLocation)
    }

    /// Sends the bytes and reads one answer.
    func exchange(_ text: String) throws -> String {
        let client = try RawClient(port: gateway.port)
        defer { client.close() }
        try client.send(latin1(text))
        return try client.readAnswer()
    }

    /// Every byte that reached the upstream is part of a well-formed request, and no request began that did not end,
    /// unless its connection was closed for it.
    func expectCleanWire(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await waitUntil("\(name): connections with incomplete requests are closed") {
            recorder.recordings.allSatisfy { !$0.hasRest || $0.isOver }
        }
        for recording in recorder.recordings {
            let text = String(decoding: recording.bytes, as: UTF8.self)
            #expect(recording.malformed == nil, "\(name): \(text)", sourceLocation: sourceLocation)
        }
        for message in recorder.messages {
            let names = message.fields.map { $0.name.lowercased() }
            let forbidden = [
                "connection", "te", "upgrade", "expect", "keep-alive", "trailer", "proxy-connection", "authorization",
                "x-api-key", "tollgate-identity",
            ]
            #expect(!forbidden.contains { names.contains($0) }, "\(name)", sourceLocation: sourceLocation)
            #expect(message.values(of: "host") == ["127.0.0.1:\(recorder.port)"], sourceLocation: sourceLocation)
            #expect(message.values(of: "x-forwarded-for") == ["127.0.0.1"], sourceLocation: sourceLocation)
            let values = (message.fields + message.trailers).map(\.value)
            #expect(!values.contains { $0.contains("evil") }, "\(name): \(message)", sourceLocation: sourceLocation)
            #expect(message.trailers.isEmpty, "\(name): \(message)", sourceLocation: sourceLocation)
        }
    }
}

/// Status and body of an answer read as text.
struct RawAnswer {
    var status: Int
    var body: String

    init(_ text: String) throws {
        status = Int(text.dropFirst(9).prefix(3)) ?? 0
        body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
    }
}
