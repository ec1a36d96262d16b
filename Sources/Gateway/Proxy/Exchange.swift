import HTTP
import HTTPTypes
import Sockets
import Spans
import Synchronization

/// One request to an upstream with all its tries, inside one deadline.
struct Exchange {
    let client: HTTPClient
    let upstream: Upstream
    let loop: EventLoop
    let timeouts: TimeoutConfiguration
    /// When the whole exchange must be over, in milliseconds of the loop's clock.
    let deadline: UInt64
    let isReplayable: Bool
    /// The hash of what the upstream's addresses are chosen by, see ``Affinity``.
    var affinity: UInt64?
    /// What the spans of the tries belong below; `nil` while tracing is off.
    var span: ActiveSpan?
    /// What the fault lab adds to each try, in milliseconds.
    var delay = 0

    /// Sends the request until there is an answer worth handing on.
    ///
    /// - Parameter isAdmitted: Whether breaker and cap have been asked.
    /// - Throws: ``UpstreamFailure``, or what reading the client's own body threw, or `CancellationError`.
    nonisolated(nonsending) func send(
        _ request: inout ClientRequest, isAdmitted: Bool = false
    ) async throws -> ClientResponse {
        if !isAdmitted, upstream.isGuarded.load(ordering: .relaxed) { return try await admitted(&request) }
        request.isReplayable = isReplayable
        request.connectTimeout = .milliseconds(timeouts.connect)
        request.idleReadTimeout = .milliseconds(timeouts.idle)
        request.connectionLimits = upstream.connectionLimits
        let ownLines = request.lines.count
        let endpoint = upstream.choose(on: loop, affinity: affinity)
        if let endpoint { request.endpoint = endpoint.authority }
        prepare(&request, ownLines, resent: 0)
        if delay > 0 { await slowDown(&request) }
        // The way of almost every request; the schedule is made only when it is needed.
        let first = try await attempt(request, at: endpoint)
        if case .answer(let response) = first, !Self.needsThought(response.head.statusCode) { return response }
        return try await again(after: first, at: endpoint, request: request, ownLines)
    }

    /// The way while the breaker is not closed or requests are counted.
    private func admitted(_ request: inout ClientRequest) async throws -> ClientResponse {
        guard try upstream.admit(now: loop.now) else { return try await send(&request, isAdmitted: true) }
        do {
            let response = try await send(&request, isAdmitted: true)
            upstream.probeEnded(succeeded: !Self.isRetryable(response.head.statusCode), now: loop.now)
            return response
        } catch {
            upstream.probeEnded(succeeded: error is UpstreamFailure ? false : nil, now: loop.now)
            throw error
        }
    }

    // MARK: - Tries

    private static func isRetryable(_ status: Int) -> Bool { status == 502 || status == 503 || status == 504 }

    private static func needsThought(_ status: Int) -> Bool { isRetryable(status) || status == 409 }

    private enum Attempt {
        case answer(ClientResponse)
        case failed(FailedTry)

        var wasReplayed: Bool {
            switch self {
            case .answer(let response): response.wasReplayed
            case .failed(let failed): failed.wasReplayed
            }
        }
    }

    /// Sets the try's own deadline and tells the upstream how long somebody waits for it.
    private func prepare(_ request: inout ClientRequest, _ ownLines: Int, resent count: Int) {
        if let span { CallSpan.begin(&request, below: span, resent: count) }
        let now = loop.now
        let remaining = deadline > now ? deadline - now : 0
        request.deadline = deadline
        request.timeout = .milliseconds(remaining)
        request.responseHeadTimeout = .milliseconds(min(remaining, timeouts.perTry))
        request.lines.truncate(to: ownLines)
        // Nobody can say how long a stream is waited for.
        if request.liftsDeadline { return }
        request.lines.append("Tollgate-Deadline", decimal: min(remaining, timeouts.perTry))
    }

    /// - Parameter endpoint: Where to; `nil` while no address is known, which the client then looks up itself.
    nonisolated(nonsending) private func attempt(
        _ request: ClientRequest, at endpoint: UpstreamEndpoint?
    ) async throws -> Attempt {
        // The delay belongs to the time that the upstream took.
        let began = CoarseClock.nanoseconds() &- UInt64(delay) &* 1_000_000
        if let endpoint { endpoint.began() } else { upstream.countOther() }
        do throws(HTTPClientError) {
            let response = try await client.execute(request, to: endpoint?.address)
            let time = CoarseClock.nanoseconds() &- began
            CallSpan.end(request, answeredBy: response)
            if let endpoint { answered(response, endpoint, after: time) }
            upstream.hall.opened()
            upstream.metrics.answered(status: response.head.statusCode, after: time)
            return .answer(response)
        } catch {
            endpoint?.gaveUp()
            CallSpan.end(request, failedBy: error)
            switch error.latest {
            case .requestBody(let cause, _): throw cause
            case .cancelled: throw CancellationError()
            default: break
            }
            return .failed(failed(error, at: endpoint, after: CoarseClock.nanoseconds() &- began))
        }
    }

    /// Waits for as long as a slow upstream would have taken, out of the time that its answer has.
    private func slowDown(_ request: inout ClientRequest) async {
        guard let allowed = request.responseHeadTimeout, let total = request.timeout else { return }
        let time = min(.milliseconds(delay), allowed)
        await loop.sleep(for: time)
        request.responseHeadTimeout = max(.milliseconds(1), allowed - time)
        request.timeout = max(.milliseconds(1), total - time)
    }

    @inline(__always)
    private func answered(_ response: ClientResponse, _ endpoint: UpstreamEndpoint, after time: UInt64) {
        endpoint.answered(afterNanoseconds: time)
        if !response.body.hasArrived { response.body.hold(endpoint.streams()) }
        let status = response.head.statusCode
        if Self.isRetryable(status), !response.isSheddingLoad {
            upstream.failed(endpoint, .status, wasSeen: true, now: loop.now)
        } else if endpoint.hasFailed {
            upstream.succeeded(endpoint)
        }
    }

    private func failed(_ error: HTTPClientError, at endpoint: UpstreamEndpoint?, after time: UInt64) -> FailedTry {
        let failed = FailedTry(error)
        upstream.metrics.failed(error.code, after: error.requestWasSent ? time : nil)
        if failed.outcome != .notConnected { upstream.hall.opened() }
        if let cause = failed.cause {
            upstream.failed(endpoint, cause, wasSeen: failed.outcome != .notConnected, now: loop.now)
        }
        return failed
    }

    // MARK: - Again

    private func again(
        after first: Attempt, at endpoint: UpstreamEndpoint?, request: ClientRequest, _ ownLines: Int
    ) async throws -> ClientResponse {
        var schedule = RetrySchedule(
            configuration: upstream.configuration.retries, isReplayable: isReplayable, deadline: deadline)
        var visit = WaitingHall.Visit()
        defer { upstream.hall.leave(visit) }
        var tried = endpoint.map { [$0] } ?? []
        var attempt = first
        var request = request
        var count = 0
        while true {
            let outcome = await Self.outcome(of: attempt)
            if attempt.wasReplayed { schedule.wasReplayed = true }
            // Before any address was known the client has tried all that there are.
            var next = tried.isEmpty ? nil : another(than: tried, unfit: outcome == .notConnected)
            let action = schedule.next(
                after: outcome, now: loop.now, hasAnother: next != nil, random: { UInt64.random(in: 0...$0) },
                withdraw: { upstream.withdrawRetry(now: loop.now) })
            switch action {
            case .finish: return try Self.finish(attempt)
            case .elsewhere: upstream.metrics.redirected()
            case .retry(let delay):
                upstream.metrics.retried()
                if case .answer(let response) = attempt { await Self.drain(response) }
                await loop.sleep(for: .milliseconds(delay))
                next = next ?? upstream.choose(on: loop, affinity: affinity)
            case .waitForAddress:
                guard await upstream.hall.pause(&visit, deadline: deadline, loop: loop) else {
                    return try Self.finish(attempt)
                }
                tried = []
                next = upstream.choose(on: loop, affinity: affinity)
            }
            try Task.checkCancellation()
            if let next {
                request.endpoint = next.authority
                tried.append(next)
            }
            count += 1
            prepare(&request, ownLines, resent: count)
            if delay > 0 { await slowDown(&request) }
            attempt = try await self.attempt(request, at: next)
        }
    }

    private func another(than tried: [UpstreamEndpoint], unfit: Bool) -> UpstreamEndpoint? {
        upstream.another(than: tried, unfit: unfit, affinity: affinity)
    }

    private static func outcome(of attempt: Attempt) async -> RetrySchedule.Outcome {
        switch attempt {
        case .answer(let response):
            await response.isInProgress ? .inProgress : .status(response.head.statusCode)
        case .failed(let failed): failed.outcome
        }
    }

    private static func finish(_ attempt: Attempt) throws -> ClientResponse {
        switch attempt {
        case .answer(let response): return response
        case .failed(let failed): throw failed.failure
        }
    }

    /// Reads a short body that nobody wants, so that its connection can be used again.
    private static func drain(_ response: ClientResponse) async {
        _ = try? await response.body.collect(upTo: 16 << 10)
    }
}

extension ClientResponse {
    /// A 503 that says when to come again is a service that limits its load: busy, but well.
    fileprivate var isSheddingLoad: Bool { head.statusCode == 503 && field(.retryAfter) != nil }

    /// Whether this is the problem `idempotency_in_progress`. The body can still be read afterwards.
    fileprivate var isInProgress: Bool {
        get async {
            guard head.statusCode == 409, field(.contentType)?.hasPrefix("application/problem+json") == true,
                let bytes = try? await body.peek()
            else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("\"code\":\"idempotency_in_progress\"")
        }
    }
}
