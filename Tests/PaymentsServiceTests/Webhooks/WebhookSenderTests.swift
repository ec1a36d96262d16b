import Chassis
import Foundation
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import PaymentsService

@Suite(.timeLimit(.minutes(5))) struct WebhookSenderTests {
    private static let body = Array(#"{"id":"evt_1","type":"payment.succeeded"}"#.utf8)
    private static let key = String(repeating: "k", count: 32)

    private struct Bench {
        let group: EventLoopGroup
        let sender: WebhookSender
        let clock = ManualWallClock()

        func send(_ url: String, previousUntil: Int64? = nil) async -> DeliveryAttempt {
            let endpoint = WebhookEndpoint(
                id: "whe_1", owner: "ann", url: url, isEnabled: true, version: 1, secretVersion: 2,
                previousSecretUntil: previousUntil, createdAt: 0)
            let event = StoredEvent(sequence: 1, id: "evt_1", type: "payment.succeeded", data: [], createdAt: 0)
            return await sender.send(
                WebhookDelivery(id: "whd_1", event, to: "whe_1", at: 0), body: body, to: endpoint)
        }
    }

    private func withSender(
        settings: [String: String] = [:], timeout: Duration = .seconds(60),
        lookup: @escaping Resolver.Lookup = Resolver.systemLookup,
        _ body: (Bench) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1)
        let base = ["WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"]
        var policy = try WebhookPolicy(Settings(base.merging(settings) { $1 }))
        policy.timeout = timeout
        let resolver = Resolver(lookup: lookup)
        let client = HTTPClient(configuration: Webhooks.configuration(policy), group: group, resolver: resolver)
        let sender = WebhookSender(
            client: client, resolver: resolver, policy: policy,
            secrets: try #require(WebhookSecrets(Self.key)), clock: ManualWallClock())
        let result: Result<Void, any Error>
        do { result = .success(try await body(Bench(group: group, sender: sender))) } catch { result = .failure(error) }
        await group.shutdown()
        try result.get()
    }

    @Test func aReceiverCanTellWhoSentIt() async throws {
        let receiver = try await Receiver()
        try await withSender { bench in
            let url = "http://127.0.0.1:\(receiver.port)/hook?a=b"
            #expect(await bench.send(url) == .answered(200))
            #expect(await bench.send(url, previousUntil: bench.clock.now + 1) == .answered(200))
        }
        await receiver.stop()
        let secrets = try #require(WebhookSecrets(Self.key))
        let (new, old) = (secrets.secret(of: "whe_1", version: 2), secrets.secret(of: "whe_1", version: 1))
        for (index, request) in receiver.requests.enumerated() {
            let lines = request.components(separatedBy: "\r\n")
            #expect(lines[0] == "POST /hook?a=b HTTP/1.1")
            #expect(lines.contains("Host: 127.0.0.1:\(receiver.port)"))
            #expect(lines.contains("Content-Type: application/json"))
            #expect(lines.contains("Tollgate-Event: evt_1"))
            #expect(lines.contains("Tollgate-Delivery: whd_1"))
            #expect(Array((lines.last ?? "").utf8) == Self.body)
            let field = try #require(lines.first { $0.hasPrefix("Tollgate-Signature: ") }?.dropFirst(20))
            let isValid = { (secret: String) in
                IndependentSignature.isValid(String(field), body: Self.body, secret: secret, at: 1_700_000_000)
            }
            #expect(isValid(new))
            #expect(isValid(old) == (index == 1))
        }
        #expect(receiver.requests.count == 2)
    }

    @Test(
        "What an answer means",
        arguments: [
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, nil),
            ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500, "status_5xx"),
            ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 404, "status_4xx"),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, "status_3xx"),
            ("HTTP/1.1 307 T\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 307, "status_3xx"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", 200, nil),
            ("nonsense\r\n\r\n", nil, "malformed_response"), ("HTTP/1.1 OK\r\n\r\n", nil, "malformed_response"),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", nil, "malformed_response"),
            ("", nil, "closed_before_response"),
        ] as [(String, Int?, String?)])
    func answers(answer: String, status: Int?, failure: String?) async throws {
        let receiver = try await Receiver(.answer(answer))
        try await withSender { bench in
            let attempt = await bench.send("http://127.0.0.1:\(receiver.port)/hook")
            #expect(attempt == DeliveryAttempt(responseStatus: status, failure: failure))
        }
        await receiver.stop()
        // Nothing is followed, and nothing is sent twice.
        #expect(receiver.requests.count == 1)
    }

    @Test func aHugeAnswerIsNotReadToItsEnd() async throws {
        let receiver = try await Receiver(.flood)
        try await withSender { bench in
            #expect(await bench.send("http://127.0.0.1:\(receiver.port)/") == .answered(200))
        }
        await receiver.stop()
    }

    @Test(
        "An attempt ends at its time, wherever the receiver hangs",
        arguments: [
            ("", nil, "deadline_exceeded_head"), ("HTTP/1.1 200", nil, "deadline_exceeded_head"),
            // The status is there: it has arrived.
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 200, nil),
        ] as [(String, Int?, String?)])
    func hanging(text: String, status: Int?, failure: String?) async throws {
        let receiver = try await Receiver(.hang(after: text))
        try await withSender(timeout: .seconds(5)) { bench in
            let attempt = await bench.send("http://127.0.0.1:\(receiver.port)/")
            #expect(attempt == DeliveryAttempt(responseStatus: status, failure: failure))
        }
        await receiver.stop()
    }

    @Test func aSlowReceiverHasItsTime() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let receiver = try await Receiver(.drip(answer, pause: .milliseconds(5)))
        try await withSender { bench in
            #expect(await bench.send("http://127.0.0.1:\(receiver.port)/") == .answered(200))
        }
        await receiver.stop()
    }

    @Test("A byte now and then keeps no attempt alive")
    func trickle() async throws {
        let answer = "HTTP/1.1 200 OK\r\nX-Slow: " + String(repeating: "a", count: 8_192)
        let receiver = try await Receiver(.drip(answer, pause: .milliseconds(50)))
        try await withSender(timeout: .seconds(2)) { bench in
            #expect(await bench.send("http://127.0.0.1:\(receiver.port)/") == .failed("deadline_exceeded_head"))
        }
        await receiver.stop()
    }

    @Test(
        "A receiver says when to come again",
        arguments: [
            ("503 Busy", "120", 120_000), ("429 Slow", "Tue, 14 Nov 2023 22:14:20 GMT", 60_000),
            ("429 Slow", "soon", 0), ("500 No", "99999999999999999999", 3_600_000), ("200 OK", "30", 30_000),
        ])
    func retryAfter(status: String, field: String, wait: Int64) async throws {
        let receiver = try await Receiver(
            .answer("HTTP/1.1 \(status)\r\nRetry-After: \(field)\r\nContent-Length: 0\r\n\r\n"))
        try await withSender { bench in
            #expect(await bench.send("http://127.0.0.1:\(receiver.port)/").leftAlone == wait)
        }
        await receiver.stop()
    }

    @Test func nobodyListens() async throws {
        let receiver = try await Receiver()
        let port = receiver.port
        await receiver.stop()
        try await withSender { bench in
            #expect(await bench.send("http://127.0.0.1:\(port)/") == .failed("connection_refused"))
        }
    }

    @Test("A name is judged by what it means when it is connected to")
    func rebinding() async throws {
        let receiver = try await Receiver()
        let answers = Mutex<[SocketAddress]>([.loopback(port: 0)])
        let lookup: Resolver.Lookup = { (_) throws(ResolutionError) in answers.withLock { $0 } }
        // Loopback alone is forbidden here: the receiver can be reached at a name that leads to it, or not at all.
        try await withSender(settings: ["WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8"], lookup: lookup) { bench in
            let url = "http://rebind.example:\(receiver.port)/"
            #expect(await bench.send(url) == .failed("forbidden_address"))
            for ip in ["169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254"] {
                answers.withLock { $0 = [SocketAddress(ip: ip, port: 0)!] }
                bench.sender.resolver.expire("rebind.example")
                #expect(await bench.send(url) == .failed("forbidden_address"), "\(ip)")
            }
        }
        #expect(receiver.requests.isEmpty)
        // Where some are permitted, only those are tried.
        answers.withLock { $0 = [SocketAddress(ip: "::1", port: 0)!, .loopback(port: 0)] }
        try await withSender(lookup: lookup) { bench in
            #expect(await bench.send("http://rebind.example:\(receiver.port)/") == .answered(200))
        }
        #expect(receiver.requests.count == 1)
        await receiver.stop()
    }

    @Test("Numbers that a resolver takes for an address do not get around the rules")
    func strangeNumbers() async throws {
        try await withSender(settings: ["WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8"]) { bench in
            for host in ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"] {
                let attempt = await bench.send("http://\(host):9/")
                #expect(["forbidden_address", "resolution_failed"].contains(attempt.failure), "\(host): \(attempt)")
            }
        }
    }

    @Test func aNameThatIsNotFound() async throws {
        let lookup: Resolver.Lookup = { (host) throws(ResolutionError) in
            throw ResolutionError(host: host, reason: "no such name")
        }
        try await withSender(lookup: lookup) { bench in
            #expect(await bench.send("http://nowhere.example/") == .failed("resolution_failed"))
        }
    }

    @Test("https goes to the proxy, whole, and to nobody else")
    func proxy() async throws {
        let receiver = try await Receiver()
        let settings = ["WEBHOOK_EGRESS_PROXY": "http://127.0.0.1:\(receiver.port)"]
        try await withSender(settings: settings) { bench in
            #expect(await bench.send("https://hooks.example.com/a?b=c") == .answered(200))
            #expect(await bench.send("https://10.0.0.1/a") == .failed("not_permitted"))
        }
        try await withSender { bench in
            #expect(await bench.send("https://hooks.example.com/a") == .failed("not_permitted"))
        }
        await receiver.stop()
        #expect(receiver.requests.count == 1)
        let lines = receiver.requests[0].components(separatedBy: "\r\n")
        #expect(lines[0] == "POST https://hooks.example.com/a?b=c HTTP/1.1")
        #expect(lines[1] == "Host: hooks.example.com:443")
    }
}
