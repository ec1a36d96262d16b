import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// Bodies between tasks of one process: piece by piece, and no further than the reader has come.
@Suite struct InProcessStreamTests {
    @Test func readsTheRequestNoFasterThanTheHandler() async throws {
        let door = Door()
        let handler: Handler = { request in
            try await door.pass()
            return .text("\(try await request.body.collect(upTo: 64 << 20).count)")
        }
        try await withInProcessServer(handler: { request in
            request.body.allowPauses(of: .seconds(60))
            try request.body.restrict(to: 64 << 20)
            return try await handler(request)
        }) { (fixture) async throws in
            let body = CountedBody(pieces: 200, of: 32 << 10)
            let answer = Task {
                try await fixture.client.execute(fixture.request(.post, body: .stream(RequestBody(body))))
            }
            try await eventually("the handler runs and the pipe is full") { door.waiters == 1 && body.asked >= 3 }
            // Two pieces fill the pipe, the third waits outside.
            try await fixture.onLoop { await fixture.group.loops[0].sleep(for: .milliseconds(20)) }
            #expect(body.asked == 3)
            door.open()
            #expect(try await answer.value.body.collect() == Array("\(200 * 32 << 10)".utf8))
        }
    }

    @Test func runsTheHandlerNoFasterThanTheReader() async throws {
        let written = Locked(0)
        let handler: Handler = { _ in
            Response(
                body: .stream(length: nil) { writer in
                    for _ in 0..<200 {
                        try await writer.write([UInt8](repeating: 0x61, count: 32 << 10))
                        written.withLock { $0 += 1 }
                    }
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            let answer = try await fixture.client.execute(fixture.request())
            try await eventually("the pipe is full") { written.withLock { $0 } >= 2 }
            try await fixture.onLoop { await fixture.group.loops[0].sleep(for: .milliseconds(20)) }
            #expect(written.withLock { $0 } == 2)
            #expect(try await answer.body.collect().count == 200 * 32 << 10)
        }
    }

    /// Events: each piece is there before the next one is written.
    @Test func deliversEachPieceAtOnce() async throws {
        let turns = Locked(0)
        let handler: Handler = { _ in
            Response(
                body: .stream(length: nil) { writer in
                    for turn in 0..<10 {
                        while turns.withLock({ $0 }) < turn { try await Task.sleep(for: .milliseconds(1)) }
                        try await writer.write("\(turn)")
                    }
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            let answer = try await fixture.client.execute(fixture.request())
            for turn in 0..<10 {
                #expect(try await answer.body.next() == Array("\(turn)".utf8))
                turns.withLock { $0 = turn + 1 }
            }
            #expect(try await answer.body.next() == nil)
        }
    }

    @Test func handsTrailersOn() async throws {
        try await withInProcessServer { (fixture) async throws in
            let answer = try await fixture.client.execute(fixture.request(.get, "/stream"))
            #expect(try await answer.body.peek() == Array("one".utf8))
            #expect(try await answer.body.collect() == Array("onetwothree".utf8))
            #expect(answer.body.trailers[.eTag] == "\"x\"")
        }
    }

    /// A gateway in the same process: received bytes in, relayed bytes out.
    @Test func isForwardedThrough() async throws {
        try await withInProcessServer { (fixture) async throws in
            let proxy = HTTPServer(group: fixture.group) { request in
                let outgoing = ClientRequest(forwarding: request, endpoint: fixture.inside)
                return try Response(forwarding: try await fixture.client.execute(outgoing), removing: ["x-request-id"])
            }
            let address = try await proxy.start(host: "127.0.0.1", port: 0)
            var request = ClientRequest(
                method: .post, endpoint: Endpoint(host: "127.0.0.1", port: address.port), target: "/echo",
                body: .bytes([UInt8](repeating: 0x62, count: 300_000)))
            request.timeout = .seconds(60)
            #expect(try await fixture.client.execute(request).body.collect().count == 300_000)
            request.target = "/stream"
            #expect(try await fixture.client.execute(request).body.collect() == Array("onetwothree".utf8))
            request.target = "/big"
            #expect(try await fixture.client.execute(request).body.collect().count == 3_000_000)
            request.target = "/failing"
            let failing = request
            #expect(await fixture.failure(failing)?.code == "truncated_response")
            await proxy.shutdown(grace: .seconds(5))
        }
    }

    /// A handler that refuses the request and reads on: the caller sends no more, and the handler is told.
    @Test func endsABodyThatWasRefused() async throws {
        let handler: Handler = { request in
            Response(
                status: .conflict,
                body: .stream(length: nil) { writer in
                    try await writer.write("refused")
                    while try await request.body.next() != nil {}
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            let body = CountedBody(pieces: .max, of: 32 << 10)
            let answer = try await fixture.client.execute(
                fixture.request(.post, body: .stream(RequestBody(body))))
            #expect(answer.status == .conflict)
            #expect(try await answer.body.next() == Array("refused".utf8))
            await #expect(throws: HTTPClientError.self) { try await answer.body.collect() }
            try await eventually("the handler has ended") { fixture.log.all.count == 1 }
            #expect(fixture.log.all[0].isTruncated)
        }
    }

    @Test func saysWhatBecameOfTheCallersBody() async throws {
        try await withInProcessServer { (fixture) async throws in
            let body = CountedBody(pieces: 9, of: 10, failsAt: 3)
            guard
                case .requestBody(let cause, sent: true) = await fixture.failure(
                    fixture.request(.post, "/echo", body: .stream(RequestBody(body))))
            else {
                Issue.record("the caller's own error is lost")
                return
            }
            #expect(cause is UnexpectedError)
            try await eventually("the handler has ended") { fixture.log.all.count == 1 }
            #expect(fixture.log.all[0].reason == "client_gone")
            #expect(fixture.log.all[0].status == 499)
        }
    }
}
