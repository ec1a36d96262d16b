import Foundation
import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// Servers that misbehave, one way each.
@Suite struct ClientFailureTests {
    @Test(arguments: [
        "HTTP/1.1 200OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\u{0}b\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100),
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\(String(repeating: "X: a\r\n", count: 101))\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\n",
    ])
    func refusesMalformedAnswers(answer: String) async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            try? peer.send(answer)
            _ = try? peer.waitForClose()
        } _: { (fixture) async throws in
            guard case .malformedResponse = await fixture.failure(fixture.request()) else {
                Issue.record("not refused: \(answer.prefix(80))")
                return
            }
            #expect(await fixture.idleConnections() == 0)
        }
    }

    @Test(arguments: [
        "H", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
    ])
    func noticesAnswersCutShort(answer: String) async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send(answer)
        } _: { (fixture) async throws in
            let error = await fixture.failure(fixture.request())
            guard case .truncatedResponse = error else {
                Issue.record("\(String(describing: error)) after \(answer)")
                return
            }
            #expect(error?.requestWasSent == true)
        }
    }

    @Test(arguments: [true, false]) func noticesAServerThatClosesWithoutAnAnswer(resets: Bool) async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            if resets { peer.reset() }
        } _: { (fixture) async throws in
            let error = await fixture.failure(fixture.request())
            guard case .closedBeforeResponse(reused: false) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(fixture.server.accepted == 1, "a fresh connection is not tried again")
        }
    }

    @Test func saysThatNothingWasSentWhenNobodyListens() async throws {
        try await withClient { _ in
        } _: { (fixture) async throws in
            var request = fixture.request()
            request.endpoint = Endpoint(host: "127.0.0.1", port: try ScriptedServer.unusedPort())
            let error = await fixture.failure(request)
            guard case .connectionRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.requestWasSent == false)
        }
    }

    @Test func saysThatANameHasNoAddress() async throws {
        let group = try EventLoopGroup(count: 1)
        let resolver = Resolver(lookup: { (host) throws(ResolutionError) in
            throw ResolutionError(host: host, reason: "unknown")
        })
        let client = HTTPClient(group: group, resolver: resolver)
        var patient = ClientRequest(endpoint: Endpoint(host: "nowhere.test", port: 80), target: "/")
        // A look-up needs a thread, and the tests of passwords may have them all for a while.
        patient.timeout = .seconds(300)
        let request = patient
        await #expect { try await client.execute(request) } throws: { error in
            guard case .resolution(host: "nowhere.test") = error as? HTTPClientError else { return false }
            return true
        }
        await group.shutdown()
    }

    @Test(arguments: [true, false]) func doesNotWaitForASlowNameServer(cancels: Bool) async throws {
        let group = try EventLoopGroup(count: 1)
        let isAsked = Locked(false)
        let mayAnswer = Locked(false)
        let resolver = Resolver(lookup: { (_) throws(ResolutionError) in
            isAsked.withLock { $0 = true }
            while !mayAnswer.withLock({ $0 }) { usleep(1000) }
            return []
        })
        let client = HTTPClient(group: group, resolver: resolver)
        let task = Task { () async -> HTTPClientError? in
            var request = ClientRequest(endpoint: Endpoint(host: "slow.test", port: 80), target: "/")
            request.timeout = cancels ? .seconds(60) : .milliseconds(100)
            do throws(HTTPClientError) {
                _ = try await client.execute(request)
                return nil
            } catch {
                return error
            }
        }
        try await eventually("the resolver is asked") { isAsked.withLock { $0 } }
        if cancels { task.cancel() }
        switch await task.value {
        case .cancelled(sent: false): #expect(cancels)
        case .deadlineExceeded(.connection): #expect(!cancels)
        case let other: Issue.record("\(String(describing: other))")
        }
        mayAnswer.withLock { $0 = true }
        await group.shutdown()
    }

    @Test(arguments: [
        ("", HTTPClientError.Phase.head), ("HTTP/1.1 200 OK\r\n", .head),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na", .body),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .body),
    ])
    func givesUpOnSilentServers(answer: String, phase: HTTPClientError.Phase) async throws {
        var patient = HTTPClientConfiguration()
        if phase == .head { patient.responseHeadTimeout = .milliseconds(100) }
        if phase == .body { patient.idleReadTimeout = .milliseconds(100) }
        try await Self.withServer(patient, saying: answer) { fixture in
            guard case .deadlineExceeded(phase) = await fixture.failure(fixture.request()) else {
                Issue.record("no deadline in \(phase)")
                return
            }
        }
    }

    @Test(arguments: [true, false], ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na"])
    func keepsTheTotalDeadline(isAbsolute: Bool, answer: String) async throws {
        try await Self.withServer(.init(), saying: answer) { fixture in
            var request = fixture.request()
            if isAbsolute { request.deadline = CoarseClock.milliseconds() + 200 }
            if !isAbsolute { request.timeout = .milliseconds(200) }
            // In which phase it ends depends on how fast the machine was until then.
            guard case .deadlineExceeded = await fixture.failure(request) else {
                Issue.record("no deadline")
                return
            }
        }
    }

    /// A server that says `answer`, however incomplete, and waits.
    private static func withServer(
        _ configuration: HTTPClientConfiguration, saying answer: String, _ body: (ClientFixture) async throws -> Void
    ) async throws {
        try await withClient(configuration) { peer in
            guard try peer.readHead() != nil else { return }
            try? peer.send(answer)
            let closes = try peer.waitForClose()
            #expect(closes)
        } _: { (fixture) async throws in
            try await body(fixture)
        }
    }

    @Test func givesUpOnASlowReader() async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            _ = try? peer.readHead()
        } _: { (fixture) async throws in
            // The peer takes all of it but never answers; one that takes nothing is met by the send buffer's end.
            var request = fixture.post(String(repeating: "x", count: 1 << 20))
            request.timeout = .milliseconds(200)
            guard case .deadlineExceeded = await fixture.failure(request) else {
                Issue.record("no deadline")
                return
            }
        }
    }

    @Test(arguments: [false, true]) func returnsAnEarlyRefusal(closes: Bool) async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            _ = try peer.read(1000)
            try peer.answer("too long", status: "413 Content Too Large")
            if !closes { _ = try? peer.waitForClose() }
        } _: { (fixture) async throws in
            // Far more than the buffers between the two hold: only the answer can end the upload.
            var request = fixture.post()
            request.body = .bytes([UInt8](repeating: 0x78, count: 16 << 20))
            let response = try await fixture.client.execute(request)
            #expect(response.status.code == 413)
            // Where the server closes with our bytes unread, the reset may overtake the body.
            if !closes { #expect(try await response.body.collect() == Array("too long".utf8)) }
            #expect(await fixture.idleConnections() == 0)
        }
    }

    @Test func stopsABodyThatIsTooLong() async throws {
        for answer in ["Content-Length: 6\r\n\r\nabcdef", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"]
        {
            try await withClient { peer in
                _ = try peer.readHead()
                try peer.send("HTTP/1.1 200 OK\r\n\(answer)")
                _ = try peer.waitForClose()
            } _: { (fixture) async throws in
                let body = try await fixture.client.execute(fixture.request()).body
                await #expect { try await body.collect(upTo: 5) } throws: { error in
                    guard case .bodyTooLarge(limit: 5) = error as? HTTPClientError else { return false }
                    return true
                }
                #expect(await fixture.idleConnections() == 0)
            }
        }
    }

    @Test(arguments: ["/a b", "/a\r\nX: y", "", "a", "/\u{7F}", "/ü", "/a#b", "http://h/"])
    func sendsNothingThatIsNotATarget(target: String) async throws {
        try await withClient { peer in
            let head = try peer.readHead()
            #expect(head == nil)
        } _: { (fixture) async throws in
            let error = await fixture.failure(fixture.request(.text(target)))
            guard case .invalidRequest = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.requestWasSent == false)
        }
    }

    @Test func passesOnTheErrorOfARequestBody() async throws {
        try await withClient { peer in
            _ = try peer.read(until: "1\r\na\r\n")
            #expect(try peer.waitForClose())
        } _: { (fixture) async throws in
            var request = fixture.post()
            request.body = .stream(RequestBody(FailingBody()))
            let error = await fixture.failure(request)
            guard case .requestBody(let cause, sent: true) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(cause is FailingBody.Failure)
        }
    }

    @Test(arguments: [(["abc"], 4), (["abc"], 2)])
    func refusesABodyOfAnotherLengthThanAnnounced(pieces: [String], announced: Int) async throws {
        try await withClient { peer in
            _ = try peer.readHead()
        } _: { (fixture) async throws in
            var request = fixture.post()
            request.body = .stream(RequestBody(ListBody(pieces, knownLength: announced)))
            guard case .requestBody(_, sent: false) = await fixture.failure(request) else {
                Issue.record("not refused")
                return
            }
        }
    }
}

/// A request body that breaks off after one byte.
private final class FailingBody: RequestBodySource, @unchecked Sendable {
    struct Failure: Error {}
    private var hasStarted = false
    let knownLength: Int? = nil
    var limit = Int.max
    var trailers: HTTPFields { [:] }

    func next() async throws -> [UInt8]? {
        if hasStarted { throw Failure() }
        hasStarted = true
        return [0x61]
    }
}
