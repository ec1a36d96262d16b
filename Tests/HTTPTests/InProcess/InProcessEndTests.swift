import HTTP
import HTTPTypes
import Sockets
import Spans
import TestSupport
import Testing

/// Calls inside a process that end otherwise than by an answer.
@Suite struct InProcessEndTests {
    /// Waits at the door, and answers when it opens.
    private static func waiting(at door: Door) -> Handler {
        { _ in
            try await door.pass()
            return .text("late")
        }
    }

    @Test func endsAtTheDeadlineAndCancelsTheHandler() async throws {
        let door = Door()
        try await withInProcessServer(handler: Self.waiting(at: door)) { (fixture) async throws in
            var request = fixture.request()
            request.timeout = .milliseconds(30)
            guard case .deadlineExceeded(.head) = await fixture.failure(request) else {
                Issue.record("no deadline")
                return
            }
            try await eventually("the handler is cancelled") { door.cancellations == 1 }
            try await eventually("it is logged") { fixture.log.all.count == 1 }
            #expect(fixture.log.all[0].reason == "client_gone")
            #expect(fixture.log.all[0].status == 499)
            #expect(fixture.log.all[0].isTruncated)
        }
    }

    @Test func keepsTheTimesOfHeadAndBody() async throws {
        let door = Door()
        let handler: Handler = { request in
            if request.path == "/head" { try await door.pass() }
            return Response(
                body: .stream(length: nil) { writer in
                    try await writer.write("begun")
                    try await door.pass()
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            var request = fixture.request(.get, "/head")
            request.responseHeadTimeout = .milliseconds(30)
            #expect(await fixture.failure(request)?.code == "deadline_exceeded_head")
            request = fixture.request(.get, "/body")
            request.idleReadTimeout = .milliseconds(30)
            #expect(await fixture.failure(request)?.code == "deadline_exceeded_body")
            try await eventually("both handlers are cancelled") { door.cancellations == 2 }
            request.deadline = 0
            #expect(await fixture.failure(request)?.code == "deadline_exceeded_connection")
        }
    }

    @Test func liftsTheDeadlineForStreams() async throws {
        let door = Door()
        let handler: Handler = { request in
            Response(
                body: .stream(length: nil) { writer in
                    try await writer.write("begun")
                    try await door.pass()
                    try await writer.write(" ended")
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            var request = fixture.request()
            request.timeout = .milliseconds(500)
            request.liftsDeadline = true
            let answer = try await fixture.client.execute(request)
            #expect(try await answer.body.next() == Array("begun".utf8))
            let loop = fixture.group.loops[0]
            try await fixture.onLoop { await loop.sleep(for: .milliseconds(600)) }
            door.open()
            #expect(try await answer.body.collect() == Array(" ended".utf8))
        }
    }

    @Test func cancelsTheHandlerWithTheCaller() async throws {
        let door = Door()
        try await withInProcessServer(handler: Self.waiting(at: door)) { (fixture) async throws in
            let call = Task { await fixture.failure(fixture.request()) }
            try await eventually("the handler runs") { door.waiters == 1 }
            call.cancel()
            guard case .cancelled(sent: true) = await call.value else {
                Issue.record("not cancelled")
                return
            }
            try await eventually("the handler is cancelled") { door.cancellations == 1 }
        }
    }

    @Test func cancelsAStreamThatNobodyReads() async throws {
        let door = Door()
        let handler: Handler = { _ in
            Response(
                body: .stream(length: nil) { writer in
                    try await writer.write("begun")
                    try await door.pass()
                })
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            var answer: ClientResponse? = try await fixture.client.execute(fixture.request())
            #expect(try await answer?.body.next() == Array("begun".utf8))
            answer = nil
            try await eventually("a body that was let go of") { door.cancellations == 1 }
            let other = try await fixture.client.execute(fixture.request())
            other.body.cancel()
            try await eventually("a body that was given up") { door.cancellations == 2 }
            #expect(fixture.log.all.allSatisfy { $0.reason == "client_gone" && $0.isTruncated })
        }
    }

    // MARK: - Servers that are not there

    @Test func refusesWhereNobodyListens() async throws {
        try await withInProcessServer { (fixture) async throws in
            #expect(throws: SocketError.self) {
                try fixture.server.start(in: fixture.network, at: InProcessFixture.address)
            }
            #expect(throws: SocketError.self) {
                try fixture.server.start(in: fixture.network, at: .loopback(port: 2))
            }
            await fixture.server.shutdown(grace: .seconds(60))
            guard case .connectionRefused(InProcessFixture.address) = await fixture.failure(fixture.request()) else {
                Issue.record("not refused")
                return
            }
        }
    }

    @Test func letsCallsUnderWayFinish() async throws {
        let door = Door()
        try await withInProcessServer(handler: Self.waiting(at: door)) { (fixture) async throws in
            let call = Task { try await fixture.client.execute(fixture.request()).body.collect() }
            try await eventually("the handler runs") { door.waiters == 1 }
            #expect(fixture.server.activeRequests == 1)
            let end = Task { await fixture.server.shutdown(grace: .seconds(60)) }
            var late = fixture.request()
            late.timeout = .milliseconds(50)
            try await eventually("nobody else is let in") {
                await fixture.failure(late)?.code == "connection_refused"
            }
            door.open()
            #expect(try await call.value == Array("late".utf8))
            await end.value
            #expect(fixture.server.activeRequests == 0)
        }
    }

    @Test func cutsCallsOffAfterTheGrace() async throws {
        let door = Door()
        try await withInProcessServer(handler: Self.waiting(at: door)) { (fixture) async throws in
            let call = Task { await fixture.failure(fixture.request()) }
            try await eventually("the handler runs") { door.waiters == 1 }
            await fixture.server.shutdown(grace: .milliseconds(10))
            #expect(await call.value?.code == "closed_before_response")
            try await eventually("the handler is cancelled") { door.cancellations == 1 }
        }
    }

    @Test func boundsHowManyRunAtOnce() async throws {
        let door = Door()
        try await withInProcessServer(handler: Self.waiting(at: door)) { (fixture) async throws in
            var request = fixture.request()
            request.connectionLimits = ConnectionLimits(connections: 2, waiters: 1)
            let calls = (0..<3).map { _ in Task { [request] in await fixture.failure(request) } }
            try await eventually("three run") { door.waiters == 3 }
            #expect(await fixture.failure(request)?.code == "pool_exhausted")
            door.open()
            for call in calls { #expect(await call.value == nil) }
        }
    }

    @Test func refusesWhatCannotBeWritten() async throws {
        try await withInProcessServer { (fixture) async throws in
            #expect(await fixture.failure(fixture.request(.get, "no slash"))?.code == "invalid_request")
        }
    }

    // MARK: - What does not cross

    @Test func refusesToSwitchProtocols() async throws {
        let handler: Handler = { _ in Response.webSocket { _ in } }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            var request = fixture.request()
            request.upgradesToWebSocket = true
            let answer = try await fixture.client.execute(request)
            #expect(answer.status.code == 501)
            let text = String(decoding: try await answer.body.collect(), as: UTF8.self)
            #expect(text.contains("\"code\":\"upgrade_not_possible\""))
            // Nobody had asked: an error of the handler's, as over a socket.
            #expect(try await fixture.client.execute(fixture.request()).status.code == 500)
        }
    }

    /// What is bound to the caller's task is not the handler's; what crosses is the position in the trace.
    @Test func keepsTheCallersSpanToItself() async throws {
        let handler: Handler = { request in
            .text("\(ActiveSpan.current == nil) \(request.context.traceparent.spanIDText)")
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            let record = TraceRecord(.request, traceID: (1, 2), rootID: 3, isSampled: true)
            let span = ActiveSpan(record)
            let answer = try await ActiveSpan.$current.withValue(span) {
                try await fixture.client.execute(fixture.request()).body.collect()
            }
            let calls = record.recorded.spans.dropFirst()
            #expect(calls.count == 1)
            let words = String(decoding: answer, as: UTF8.self).split(separator: " ")
            #expect(words.first == "true")
            #expect(words.last != "0000000000000003")
        }
    }

    /// Called from a thread that is no loop's, as tools and tests do.
    @Test func hopsToALoop() async throws {
        try await withInProcessServer { (fixture) async throws in
            let answer = try await Task.detached { try await fixture.client.execute(fixture.request(.get, "/big")) }
                .value
            var count = 0
            while let bytes = try await answer.body.next() { count += bytes.count }
            #expect(count == 3_000_000)
        }
    }
}
