import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// When a connection is used again, and what happens when it should not have been.
@Suite struct ClientPoolingTests {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, CLOSE\r\n\r\nok", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n", false),
    ])
    func keepsAConnectionOnlyAfterACleanEnd(answer: String, isKept: Bool) async throws {
        try await withClient { peer in
            while try peer.readHead() != nil { try? peer.send(answer) }
        } _: { (fixture) async throws in
            for _ in 0..<3 { #expect(try await fixture.text(fixture.request()) == "ok") }
            #expect(fixture.server.accepted == (isKept ? 1 : 3))
            #expect(await fixture.idleConnections() == (isKept ? 1 : 0))
        }
    }

    @Test func closesAConnectionWhoseAnswerIsNotWanted() async throws {
        let isClosed = Locked(false)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            let closes = try peer.waitForClose()
            isClosed.withLock { $0 = closes }
        } _: { (fixture) async throws in
            var response: ClientResponse? = try await fixture.client.execute(fixture.request())
            #expect(response?.status.code == 200)
            response = nil
            try await eventually("closed") { isClosed.withLock { $0 } }
            #expect(await fixture.idleConnections() == 0)
        }
    }

    /// The first connection answers once and dies on its second request; later ones answer.
    private static let dyingServer: @Sendable (ScriptedPeer) throws -> Void = { peer in
        _ = try peer.readHead()
        try peer.answer("\(peer.index)")
        let second = try peer.readHead()
        if peer.index == 0 { return }
        if second != nil { try peer.answer("\(peer.index)") }
        _ = try peer.readHead()
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, ClientRequestBody.empty, Bool?.none, true),
        (.head, .empty, nil, true),
        (.post, .bytes([0x78]), nil, false),
        (.delete, .empty, nil, false),
        (.get, .empty, false, false),
        (.post, .bytes([0x78]), true, true),
        (.post, .stream(RequestBody(ListBody(["x"]))), true, false),
    ])
    func replaysOnlyWhatMayBeSentTwice(
        method: HTTPRequest.Method, body: ClientRequestBody, replayable: Bool?, isReplayed: Bool
    ) async throws {
        try await withClient(script: Self.dyingServer) { (fixture) async throws in
            #expect(try await fixture.text(fixture.request()) == "0")
            var request = ClientRequest(method: method, endpoint: fixture.endpoint, target: "/", body: body)
            if let replayable { request.isReplayable = replayable }
            let error = await fixture.failure(request)
            if isReplayed {
                #expect(error == nil)
                #expect(fixture.server.accepted == 2)
            } else {
                guard case .closedBeforeResponse(reused: true) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(fixture.server.accepted == 1)
            }
        }
    }

    @Test func saysThatItReplayed() async throws {
        try await withClient(script: Self.dyingServer) { (fixture) async throws in
            let first = try await fixture.client.execute(fixture.request())
            #expect(!first.wasReplayed)
            _ = try await first.body.collect()
            let second = try await fixture.client.execute(fixture.request())
            #expect(second.wasReplayed)
            _ = try await second.body.collect()
        }
    }

    /// The second try was refused, but the first one may have been seen.
    @Test func saysThatAFailedReplayMayHaveBeenSeen() async throws {
        let server = Locked<ScriptedServer?>(nil)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.answer()
            _ = try peer.readHead()
            server.withLock { $0?.stop() }
        } _: { (fixture) async throws in
            server.withLock { $0 = fixture.server }
            #expect(try await fixture.text(fixture.request()) == "ok")
            let error = try #require(await fixture.failure(fixture.request()))
            #expect(error.wasReplayed && error.requestWasSent)
            guard case .connectionRefused = error.latest else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func doesNotReplayAfterTheFirstByteOfAnAnswer() async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.answer()
            _ = try peer.readHead()
            try peer.send("H")
        } _: { (fixture) async throws in
            _ = try await fixture.text(fixture.request())
            guard case .truncatedResponse = await fixture.failure(fixture.request()) else {
                Issue.record("replayed")
                return
            }
            #expect(fixture.server.accepted == 1)
        }
    }

    @Test(arguments: Readiness.available)
    func noticesAServerThatClosesAnIdleConnection(readiness: Readiness) async throws {
        try await withClient(readiness: readiness) { peer in
            while try peer.readHead() != nil {
                try peer.answer("\(peer.index)")
                if peer.index == 0 { return }
            }
        } _: { (fixture) async throws in
            #expect(try await fixture.text(fixture.request()) == "0")
            try await eventually("the dead connection is dropped") { await fixture.idleConnections() == 0 }
            // Not replayable: it succeeds because the dead connection is not used at all.
            #expect(try await fixture.text(fixture.post()) == "1")
        }
    }

    @Test func closesConnectionsThatHaveBeenIdleForTooLong() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.idleConnectionTimeout = .milliseconds(50)
        let closed = Locked(false)
        try await withClient(configuration) { peer in
            _ = try peer.readHead()
            try peer.answer()
            let closes = try peer.waitForClose()
            closed.withLock { $0 = closes }
        } _: { (fixture) async throws in
            _ = try await fixture.text(fixture.request())
            try await eventually("closed") { closed.withLock { $0 } }
            #expect(await fixture.idleConnections() == 0)
        }
    }

    @Test(arguments: [1, 3]) func opensNoMoreConnectionsThanAllowed(limit: Int) async throws {
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = limit
        try await withClient(configuration) { peer in
            while try peer.readHead() != nil { try peer.answer() }
        } _: { (fixture) async throws in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await fixture.text(fixture.request()) } }
                for try await text in group { #expect(text == "ok") }
            }
            #expect(fixture.server.accepted <= limit)
            #expect(await fixture.idleConnections() == fixture.server.accepted)
        }
    }

    @Test func refusesWhenTheQueueIsFullAndExpiresWhoWaitsTooLong() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = 1
        configuration.maximumWaiters = 1
        try await withClient(configuration) { peer in
            _ = try peer.readHead()
            _ = try peer.waitForClose()
        } _: { (fixture) async throws in
            let first = Task { await fixture.failure(fixture.request()) }
            try await eventually("the connection is taken") { await fixture.client.poolStates().first?.leased == 1 }
            let second = Task {
                var request = fixture.request()
                // Longer than a busy machine needs to ask for the third.
                request.timeout = .seconds(8)
                return await fixture.failure(request)
            }
            try await eventually("the queue is full") { await fixture.client.poolStates().first?.waiting == 1 }
            let third = await fixture.failure(fixture.request())
            guard case .poolExhausted = third, case .deadlineExceeded(.connection) = await second.value else {
                Issue.record("\(String(describing: third))")
                return
            }
            #expect(third?.requestWasSent == false)
            first.cancel()
            guard case .cancelled(sent: true) = await first.value else {
                Issue.record("not cancelled")
                return
            }
        }
    }

    @Test func refusesRequestsAfterShutdown() async throws {
        let closed = Locked(false)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.answer()
            let closes = try peer.waitForClose()
            closed.withLock { $0 = closes }
        } _: { (fixture) async throws in
            _ = try await fixture.text(fixture.request())
            await fixture.client.shutdown()
            try await eventually("closed") { closed.withLock { $0 } }
            guard case .shutDown = await fixture.failure(fixture.request()) else {
                Issue.record("not refused")
                return
            }
        }
    }
}

@Suite struct ClientCancellationTests {
    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func cancellingClosesTheConnection(answer: String) async throws {
        let isWaiting = Locked(false)
        let closed = Locked(false)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send(answer)
            isWaiting.withLock { $0 = true }
            let closes = try peer.waitForClose()
            closed.withLock { $0 = closes }
        } _: { (fixture) async throws in
            let task = Task { await fixture.failure(fixture.request()) }
            try await eventually("waiting") { isWaiting.withLock { $0 } }
            task.cancel()
            guard case .cancelled(sent: true) = await task.value else {
                Issue.record("not cancelled")
                return
            }
            try await eventually("closed") { closed.withLock { $0 } }
        }
    }

    @Test func cancelsARequestThatWaitsForAConnection() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = 1
        try await withClient(configuration) { peer in
            _ = try peer.readHead()
            try peer.answer("first")
            _ = try peer.waitForClose()
        } _: { (fixture) async throws in
            let held = try await fixture.client.execute(fixture.request())
            let task = Task { await fixture.failure(fixture.request()) }
            try await eventually("waiting") { await fixture.client.poolStates().first?.waiting == 1 }
            task.cancel()
            guard case .cancelled(sent: false) = await task.value else {
                Issue.record("not cancelled")
                return
            }
            #expect(await fixture.client.poolStates().first?.waiting == 0)
            #expect(try await held.body.collect() == Array("first".utf8))
        }
    }

    @Test func sendsNothingForATaskThatIsCancelledAlready() async throws {
        try await withClient { _ in
        } _: { (fixture) async throws in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await fixture.failure(fixture.request())
            }
            guard case .cancelled(sent: false) = await task.value else {
                Issue.record("not cancelled")
                return
            }
            #expect(fixture.server.accepted == 0)
        }
    }

    /// A cancellation that comes after the exchange must not touch the next one on the same connection.
    @Test func aLateCancellationDoesNotReachTheNextRequest() async throws {
        try await withClient { peer in
            while try peer.readHead() != nil { try peer.answer() }
        } _: { (fixture) async throws in
            for _ in 0..<200 {
                let task = Task { await fixture.failure(fixture.post()) }
                async let cancelled: Void = task.cancel()
                _ = await task.value
                await cancelled
                #expect(try await fixture.text(fixture.post()) == "ok")
            }
        }
    }
}
