import Chassis
import HTTP
import HTTPTypes
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite(.serialized, .timeLimit(.minutes(2))) struct WebSocketTests {
    private static let large = 64 << 20
    private static let buffers = 40 << 20

    /// A handshake as RFC 6455 section 1.3 has it.
    static func handshake(_ target: String = "/sockets/a", more: String = "", method: String = "GET") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(more)\r\n"
    }

    /// Sends everything back; it switches whenever it is asked to.
    @Sendable static func echo(_ request: Request) async throws -> Response {
        guard request.head.canBecomeWebSocket else {
            return .text("no upgrade: \(request.field(.init("Sec-WebSocket-Key")!) ?? "no key")")
        }
        return .webSocket(fields: accept(request)) { client in
            while let bytes = try await client.read() { try await client.write(bytes) }
            client.endWriting()
        }
    }

    private static func accept(_ request: Request) -> HTTPFields {
        [
            .init("Sec-WebSocket-Accept")!: "for \(request.field(.init("Sec-WebSocket-Key")!) ?? "")",
            .init("Sec-WebSocket-Protocol")!: request.field(.init("Sec-WebSocket-Protocol")!) ?? "",
        ]
    }

    private static func service(_ gateway: GatewayFixture) throws -> Upstream {
        try #require(gateway.gateway.upstreams.first { $0.configuration.name == "service" })
    }

    /// Opens a tunnel and reads the head of its answer.
    private static func open(_ gateway: GatewayFixture, more: String = "") throws -> RawClient {
        let client = try RawClient(port: gateway.port, timeout: 60)
        try client.send(handshake(more: more))
        let head = try client.readHead()
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"), "\(head)")
        return client
    }

    // MARK: - Opening

    @Test func theHandshakeCrossesAndBytesComeBackExactly() async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: Self.echo) { gateway in
            let client = try RawClient(port: gateway.port, timeout: 60)
            try client.send(Self.handshake(more: "Sec-WebSocket-Protocol: chat, superchat\r\n"))
            let head = try client.readHead()
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(head.contains("Sec-WebSocket-Accept: for dGhlIHNhbXBsZSBub25jZQ==\r\n"))
            #expect(head.contains("Sec-WebSocket-Protocol: chat, superchat\r\n"))
            #expect(head.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"))
            #expect(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"))
            var random = SeededGenerator.announced()
            var total = 0
            for size in [1, 2, 125, 126, 4096, 65_537, 300_000] {
                let message = random.bytes(size)
                try client.send(message)
                var back: [UInt8] = []
                while back.count < size { back += try client.read() }
                #expect(back == message)
                total += size
            }
            #expect(try Self.service(gateway).inFlight == 1)
            #expect(gateway.metric("gateway_tunnels_open{upstream=\"service\"}") == 1)
            client.shutdownWrite()
            #expect(try client.read().isEmpty)
            try await waitUntil("the line is written") { gateway.observed.notes.count == 1 }
            let note = gateway.observed.notes[0]
            #expect(note.status == 101 && note.route == "/sockets/*" && note.upstream == "service")
            #expect(note.received == total && note.sent == total && note.reason == nil && !note.isTruncated)
            try await waitUntil("nothing is in flight") { try Self.service(gateway).inFlight == 0 }
            #expect(gateway.metric("gateway_tunnels_open{upstream=\"service\"}") == 0)
            #expect(gateway.metric("gateway_tunnels_total{upstream=\"service\"}") == 1)
            for direction in ["from_client", "to_client"] {
                let labels = "upstream=\"service\",direction=\"\(direction)\""
                #expect(gateway.metric("gateway_tunnel_bytes_total{\(labels)}") == Double(total))
            }
        }
    }

    @Test func bytesBehindTheHandshakeAreNotLost() async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: Self.echo) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.handshake() + "early")
            _ = try client.readHead()
            #expect(try client.read(until: "early") == "early")
        }
    }

    @Test func routesThatDoNotSaySoHandNoUpgradeOn() async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: Self.echo) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.handshake("/plain/a"))
            #expect(try client.readAnswer().hasSuffix("no upgrade: dGhlIHNhbXBsZSBub25jZQ=="))
            try client.send("GET /sockets/plain HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
            #expect(try client.readAnswer().hasSuffix("no upgrade: no key"))
        }
    }

    @Test(arguments: [
        handshake(method: "POST"), handshake(more: "Sec-WebSocket-Version: 8\r\n"),
        handshake(more: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        handshake(more: "Content-Length: 2\r\n") + "ab",
        handshake().replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "short"),
        handshake().replacing("Sec-WebSocket-Key", with: "X-Other"),
        handshake().replacing("HTTP/1.1", with: "HTTP/1.0"),
    ])
    func malformedHandshakesAreRefused(_ text: String) async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: Self.echo) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(text)
            #expect(try client.readAnswer().contains("\"code\":\"malformed_websocket_handshake\""))
            #expect(gateway.observed.notes.first?.reason == "malformed_websocket_handshake")
        }
    }

    @Test(arguments: [
        "Upgrade: h2c\r\n", "Upgrade: websocket, h2c\r\n", "Upgrade: websocket\r\nUpgrade: h2c\r\n",
        "Upgrade: h2c\r\nUpgrade: websocket\r\n",
    ])
    func onlyWebSocketPasses(_ upgrade: String) async throws {
        let text = Self.handshake().replacing("Upgrade: WebSocket\r\n", with: upgrade)
        try await StreamingService.run(StreamingService.yaml(), handler: { .text($0.field(.upgrade) ?? "none") }) {
            gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(text)
            #expect(try client.readAnswer().hasSuffix("\r\n\r\nnone"))
        }
    }

    @Test func whoMayNotPassOpensNoTunnel() async throws {
        let seen = Progress()
        let handler: Handler = { request in
            seen.add(1)
            return try await Self.echo(request)
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.handshake("/closed/a"))
            #expect(try client.readAnswer().hasPrefix("HTTP/1.1 401 "))
            #expect(seen.count == 0)
            try client.send(Self.handshake("/closed/a", more: "Authorization: Bearer \(gateway.token)\r\n"))
            #expect(try client.readHead().hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func aRefusalOfTheServiceIsHandedOn() async throws {
        let handler: Handler = { _ in
            Response(
                status: .init(code: 426), fields: [.init("Sec-WebSocket-Version")!: "13"],
                body: .bytes(Array("no".utf8))
            )
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.handshake())
            let answer = try client.readAnswer()
            #expect(answer.hasPrefix("HTTP/1.1 426 ") && answer.contains("Sec-WebSocket-Version: 13\r\n"))
            // A connection on which an upgrade was asked for serves nobody else.
            let pools = await gateway.client.poolStates()
            #expect(pools.allSatisfy { $0.idle == 0 && $0.leased == 0 })
        }
    }

    @Test(arguments: [
        ("/sockets/a", ""), ("/sockets/a", "Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        ("/plain/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    ])
    func aSwitchThatWasNotAskedForIsAnError(_ target: String, _ fields: String) async throws {
        let group = try EventLoopGroup(count: 1)
        let upstream = try await SwitchingUpstream(fields, on: group.loops[0])
        let yaml = StreamingService.yaml().replacing("SERVICE", with: "http://127.0.0.1:\(upstream.port)")
        try await StreamingService.run(yaml, handler: Self.echo) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.handshake(target))
            #expect(try client.readAnswer().hasPrefix("HTTP/1.1 502 "))
            #expect(gateway.observed.notes.first?.reason == "malformed_response")
        }
        await group.shutdown()
    }

    // MARK: - Lasting and ending

    @Test func aTunnelOutlivesTheTotalTimeoutAndEndsWhenIdle() async throws {
        let yaml = StreamingService.yaml(total: "1s", idle: "3s")
        try await StreamingService.run(yaml, handler: Self.echo) { gateway in
            let client = try Self.open(gateway)
            let opened = ContinuousClock.now
            // Time itself is what is tested: more than the total timeout and less than the idle one.
            try await waitUntil("the total timeout is over") { ContinuousClock.now - opened > .seconds(2) }
            try client.send("still there")
            #expect(try client.read(until: "still there") == "still there")
            #expect(try client.read().isEmpty)
            try await waitUntil("the line is written") { gateway.observed.notes.count == 1 }
            #expect(gateway.observed.notes[0].reason == "tunnel_idle")
        }
    }

    @Test func aSlowReaderSlowsTheWriterDown() async throws {
        let written = Progress()
        let handler: Handler = { request in
            .webSocket(fields: Self.accept(request)) { client in
                while written.count < Self.large {
                    try await client.write(Pattern.bytes(64 << 10, from: written.count))
                    written.add(64 << 10)
                }
                client.endWriting()
                while try await client.read() != nil {}
            }
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try Self.open(gateway)
            let held = try await written.hasStopped()
            #expect(held < Self.buffers, "\(held) bytes were taken for a client that reads nothing")
            #expect(try client.readPattern(Self.large) == Self.large)
            #expect(try client.read().isEmpty)
        }
    }

    @Test func aHalfCloseIsHandedOn() async throws {
        let handler: Handler = { request in
            .webSocket(fields: Self.accept(request)) { client in
                var count = 0
                while let bytes = try await client.read() { count += bytes.count }
                try await client.write(Array("got \(count)".utf8))
                client.endWriting()
            }
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try Self.open(gateway)
            try client.send("hello")
            client.shutdownWrite()
            #expect(try client.readTextToEnd() == "got 5")
        }
    }

    @Test(arguments: DepartureTests.Leaving.allCases)
    func aClientThatGoesEndsTheServicesSide(_ leaving: DepartureTests.Leaving) async throws {
        let (begun, ended) = (Progress(), Progress())
        let handler: Handler = { request in
            .webSocket(fields: Self.accept(request)) { client in
                defer { ended.add(1) }
                while try await client.read() != nil { begun.add(1) }
            }
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try Self.open(gateway)
            try client.send("x")
            try await waitUntil("it is open") { begun.count > 0 }
            leaving.perform(client)
            try await waitUntil("the service's side is over") { ended.count == 1 }
            try await waitUntil("the line is written") { gateway.observed.notes.count == 1 }
            try await waitUntil("nothing is in flight") { try Self.service(gateway).inFlight == 0 }
        }
    }

    @Test func aServiceThatGoesEndsTheClientsSide() async throws {
        struct Gone: Error {}
        let handler: Handler = { request in
            .webSocket(fields: Self.accept(request)) { client in
                _ = try await client.read()
                throw Gone()
            }
        }
        try await StreamingService.run(StreamingService.yaml(), handler: handler) { gateway in
            let client = try Self.open(gateway)
            try client.send("x")
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test func throttlesCountATunnelToItsEnd() async throws {
        let yaml = StreamingService.yaml().replacing(
            "name: sockets, ", with: "name: sockets, throttle: { in_flight: 1, queue: 0 }, ")
        try await StreamingService.run(yaml, handler: Self.echo) { gateway in
            let throttle = try #require(gateway.gateway.throttles.find(.route, "sockets"))
            let client = try Self.open(gateway)
            #expect(throttle.inFlight == 1)
            let second = try RawClient(port: gateway.port)
            try second.send(Self.handshake())
            #expect(try second.readAnswer().contains("\"code\":\"overloaded\""))
            client.close()
            try await waitUntil("the place is free") { throttle.inFlight == 0 }
        }
    }

    @Test func aDrainEndsTunnelsWithAFinInAMomentOfQuiet() async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: Self.echo) { gateway in
            let client = try Self.open(gateway)
            try client.send("hello")
            #expect(try client.read(until: "hello") == "hello")
            let drained = Task.detached { await gateway.server.shutdown(grace: .seconds(600)) }
            // FIN, not a reset: `read` would throw.
            #expect(try client.read().isEmpty)
            client.close()
            await drained.value
            #expect(gateway.observed.notes.first?.reason == "drained")
            #expect(gateway.observed.notes.first?.isTruncated == false)
        }
    }
}

/// A server that answers 101 to whatever comes, with the fields that it is told.
private final class SwitchingUpstream: Sendable {
    private let listener: Listener

    init(_ fields: String, on loop: EventLoop) async throws {
        let listener = try await loop.run {
            try Listener(.loopback(port: 0), on: loop, sharesPort: false, backlog: 16)
        }
        self.listener = listener
        loop.spawn {
            while let connection = try? await listener.accept() {
                guard let socket = try? connection.open(on: loop) else { continue }
                loop.spawn {
                    _ = await socket.fill()
                    socket.output.append("HTTP/1.1 101 Switching Protocols\r\n\(fields)\r\n")
                    _ = await socket.flush()
                    while await socket.fill() == .ready { socket.input.removeAll() }
                    socket.close()
                }
            }
        }
    }

    var port: Int { listener.address.port }
}

extension GatewayFixture {
    /// The value of a series; nil when there is none.
    func metric(_ series: String) -> Double? {
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix(series + " ") {
            return Double(line.dropFirst(series.count + 1))
        }
        return nil
    }
}

extension HTTPField.Name {
    static let upgrade = Self("Upgrade")!
}
