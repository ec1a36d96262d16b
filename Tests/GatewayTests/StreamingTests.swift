import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

@testable import Gateway

@Suite(.serialized, .timeLimit(.minutes(2))) struct StreamingTests {
    /// More than all buffers on the way hold together.
    private static let large = 64 << 20
    /// What the buffers of the system may hold on two connections, with room to spare.
    private static let buffers = 40 << 20

    @Test(arguments: [("/streams/events", true), ("/plain/events", false)])
    func eventsOutliveTheTotalTimeoutOnlyOnStreamingRoutes(_ target: String, lasts: Bool) async throws {
        let gate = Barrier()
        let handler: Handler = { _ in
            .eventStream { stream in
                try await stream.send(ServerSentEvent(data: "first"))
                await gate.pass()
                try await stream.send(ServerSentEvent(data: "second"))
            }
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let started = ContinuousClock.now
            let client = try RawClient(port: gateway.port)
            try client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
            #expect(try client.read(until: "data: first\n\n").contains("text/event-stream"))
            if lasts {
                // The time itself is what is tested: twice the total timeout has to pass.
                try await waitUntil("the total timeout is over") { ContinuousClock.now - started > .seconds(3) }
                gate.open()
                #expect(try client.read(until: "0\r\n\r\n").contains("data: second\n\n"))
            } else {
                let rest = try client.readTextToEnd()
                gate.open()
                #expect(!rest.contains("second") && !rest.contains("0\r\n\r\n"))
                try await waitUntil("it is over") { gateway.observed.notes.count == 1 }
                #expect(gateway.observed.notes[0].isTruncated)
            }
        }
    }

    @Test func aLargeUploadWaitsForAServiceThatDoesNotRead() async throws {
        let gate = Barrier()
        let sent = Progress()
        let handler: Handler = { request in
            await gate.pass()
            request.body.allowPauses(of: .seconds(60))
            try request.body.restrict(to: 1 << 30)
            var count = 0
            while let piece = try await request.body.next() {
                guard piece == Pattern.bytes(piece.count, from: count) else { return .text("wrong at \(count)") }
                count += piece.count
            }
            return .text("\(count)")
        }
        try await StreamingService.run(StreamingService.yaml(total: "5s"), handler: handler) { gateway in
            let port = gateway.port
            async let answer = onThread {
                let client = try RawClient(port: port, timeout: 60)
                try client.send("POST /streams/up HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.large)\r\n\r\n")
                while sent.count < Self.large {
                    try client.send(Pattern.bytes(64 << 10, from: sent.count))
                    sent.add(64 << 10)
                }
                return try client.readAnswer()
            }
            let held = try await sent.hasStopped()
            #expect(held < Self.buffers, "held \(held) bytes for a service that reads nothing")
            gate.open()
            #expect(try await answer.hasSuffix("\r\n\r\n\(Self.large)"))
        }
    }

    @Test func aLargeDownloadWaitsForAClientThatDoesNotRead() async throws {
        let written = Progress()
        let handler: Handler = { _ in
            Response(
                body: .stream(length: Self.large) { writer in
                    while written.count < Self.large {
                        try await writer.write(Pattern.bytes(64 << 10, from: written.count))
                        written.add(64 << 10)
                    }
                })
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try RawClient(port: gateway.port, timeout: 60)
            try client.send("GET /streams/down HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let held = try await written.hasStopped()
            #expect(held < Self.buffers, "\(held) bytes were taken for a client that reads nothing")
            #expect(try client.readHead().contains("Content-Length: \(Self.large)\r\n"))
            #expect(try client.readPattern(Self.large) == Self.large)
            #expect(try client.read().isEmpty)
        }
    }

    @Test func anAnswerThatBreaksOffIsNotTakenForAWholeOne() async throws {
        struct Broken: Error {}
        let handler: Handler = { request in
            Response(
                body: .stream(length: request.path == "/streams/sized" ? 1_000_000 : nil) { writer in
                    try await writer.write([UInt8](repeating: 1, count: 100_000))
                    throw Broken()
                })
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            for target in ["/streams/sized", "/streams/chunked"] {
                await #expect(throws: HTTPClientError.self) { try await gateway.send(.get, target) }
            }
            try await waitUntil("both are written down") { gateway.observed.notes.count == 2 }
            #expect(gateway.observed.notes.allSatisfy { $0.isTruncated && $0.reason == "truncated_response" })
        }
    }

    @Test func aPauseInsideABodyEndsItAtTheIdleTimeout() async throws {
        let handler: Handler = { request in
            Response(
                body: .stream(length: nil) { writer in
                    try await writer.write("begun")
                    await request.context.loop?.sleep(for: .seconds(600))
                })
        }
        let yaml = StreamingService.yaml(idle: "300ms")
        try await StreamingService.run(yaml, handler: handler) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send("GET /streams/pause HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try client.readTextToEnd()
            #expect(!text.contains("0\r\n\r\n"))
            try await waitUntil("it is over") { gateway.observed.notes.first?.isTruncated == true }
            #expect(gateway.observed.notes.first?.reason == "deadline_exceeded_body")
        }
    }

    @Test func servicesAreToldNoDeadlineOfAStream() async throws {
        let handler: Handler = { .text($0.field(.tollgateDeadline) ?? "none") }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let stream = try await gateway.send(.get, "/streams/a")
            #expect(stream.text == "none")
            let plain = try await gateway.send(.get, "/plain/a")
            #expect(plain.text != "none")
        }
    }

    @Test func theFlagsNeedAnUpstream() throws {
        let file = """
            upstreams:
              service: { url: "http://127.0.0.1:1" }
            routes:
              - { name: a, path: /a, serve: openapi, auth: public, streaming: true }
              - { name: b, path: /b, upstream: service, auth: public, methods: [POST], websocket: true }
            """
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: file, environment: [:])
        }
        let text = "\(try #require(errors))"
        #expect(text.contains("only means something with an upstream"))
        #expect(text.contains("needs GET among the methods"))
    }
}

extension RawClient {
    /// The head of an answer, and not a byte more.
    func readHead() throws -> String {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") {
            let byte = try read(upTo: 1)
            guard !byte.isEmpty else { return text }
            text += String(decoding: byte, as: UTF8.self)
        }
        return text
    }
}
