import HTTPTypes
import Sockets
import Testing

@testable import HTTP

@Suite struct EventStreamTests {
    @Test(arguments: [
        (ServerSentEvent(data: "a"), "data: a\n\n"),
        (ServerSentEvent(data: ""), "data: \n\n"),
        (ServerSentEvent(data: "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
        (
            ServerSentEvent(data: "a", event: "e", id: "7", retry: 500),
            "event: e\nid: 7\nretry: 500\ndata: a\n\n"
        ),
        (ServerSentEvent(data: "a", event: "e\ndata: x", id: "7\r\n8"), "event: edata: x\nid: 78\ndata: a\n\n"),
        (ServerSentEvent(data: "a", id: "7\0"), "data: a\n\n"),
    ])
    func encodes(_ event: ServerSentEvent, _ expected: String) {
        #expect(String(decoding: event.bytes, as: UTF8.self) == expected)
    }

    private func run(_ response: Response, into sink: MemorySink) async throws {
        guard case .stream(nil, let write) = response.body else { return #expect(Bool(false), "not a stream") }
        try await write(BodyWriter(sink))
    }

    @Test func sendsAndFlushesEachEvent() async throws {
        let sink = MemorySink()
        let response = Response.eventStream { stream in
            try await stream.send(ServerSentEvent(data: "1"))
            try await stream.send(ServerSentEvent(data: "2"))
        }
        #expect(response.fields[.contentType] == "text/event-stream")
        #expect(response.fields[.cacheControl] == "no-store")
        try await run(response, into: sink)
        #expect(String(decoding: sink.bytes, as: UTF8.self) == "data: 1\n\ndata: 2\n\n")
        #expect(sink.flushes == 2)
    }

    /// The body returns only after the sink has seen two heartbeats, so the test ends only if they come.
    @Test func beatsWhileTheBodyIsSilent() async throws {
        let sink = SignallingSink()
        let response = Response.eventStream(heartbeat: .milliseconds(1)) { stream in
            try await stream.send(ServerSentEvent(data: "1"))
            await sink.waitForWrites(3)
        }
        guard case .stream(nil, let write) = response.body else { return #expect(Bool(false), "not a stream") }
        try await write(BodyWriter(sink))
        let texts = sink.texts
        #expect(texts.first == "data: 1\n\n")
        #expect(texts.dropFirst().allSatisfy { $0 == ": \n\n" })
    }

    @Test func theBodyIsCancelledWhenThePeerIsGone() async throws {
        let sink = SignallingSink(failsFrom: 2)
        let wasCancelled = Locked(false)
        let response = Response.eventStream(heartbeat: .milliseconds(1)) { stream in
            try await stream.send(ServerSentEvent(data: "1"))
            do {
                try await Task.sleep(for: .seconds(60))
            } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
        }
        guard case .stream(nil, let write) = response.body else { return #expect(Bool(false), "not a stream") }
        await #expect(throws: SignallingSink.Gone.self) { try await write(BodyWriter(sink)) }
        #expect(wasCancelled.withLock { $0 })
    }
}

/// Tells how many writes there were, and fails from a given one on.
private final class SignallingSink: ResponseBodySink {
    struct Gone: Error {}

    private let writes = Locked<[String]>([])
    private let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    private let failsFrom: Int

    init(failsFrom: Int = .max) { self.failsFrom = failsFrom }

    var texts: [String] { writes.withLock { $0 } }

    func write(_ bytes: [UInt8]) async throws {
        let count = writes.withLock { writes in
            writes.append(String(decoding: bytes, as: UTF8.self))
            return writes.count
        }
        continuation.yield(count)
        if count >= failsFrom { throw Gone() }
    }

    func waitForWrites(_ count: Int) async {
        for await seen in stream where seen >= count { return }
    }

    func flush() async throws {}
    func setTrailers(_ fields: HTTPFields) {}
}
