import HTTP
import HTTPTypes
import Sockets

/// One request to an upstream with all its tries, inside one deadline.
struct Exchange {
    let client: HTTPClient
    let upstream: Upstream
    let loop: EventLoop
    let timeouts: TimeoutConfiguration
    /// When the whole exchange must be over, in milliseconds of the loop's clock.
    let deadline: UInt64
    let isReplayable: Bool

    /// Sends the request until there is an answer worth handing on.
    ///
    /// - Throws: ``UpstreamFailure``, or what reading the client's own body threw, or `CancellationError`.
    nonisolated(nonsending) func send(_ request: ClientRequest) async throws -> ClientResponse {
        upstream.countRequest()
        var request = request
        request.isReplayable = isReplayable
        request.connectTimeout = .milliseconds(timeouts.connect)
        let ownLines = request.lines.count
        prepare(&request, ownLines)
        // The way of almost every request; the schedule is made only when it is needed.
        let first = try await attempt(request)
        if case .answer(let response) = first, !Self.isRetryable(response.head.statusCode) { return response }
        return try await again(after: first, request: request, ownLines)
    }

    private static func isRetryable(_ status: Int) -> Bool { status == 502 || status == 503 || status == 504 }

    // MARK: - Tries

    private enum Attempt {
        case answer(ClientResponse)
        case failed(FailedTry)
    }

    /// Sets the try's own deadline and tells the upstream how long somebody waits for it.
    private func prepare(_ request: inout ClientRequest, _ ownLines: Int) {
        let now = loop.now
        let remaining = deadline > now ? deadline - now : 0
        request.deadline = deadline
        request.timeout = .milliseconds(remaining)
        request.responseHeadTimeout = .milliseconds(min(remaining, timeouts.perTry))
        request.lines.truncate(to: ownLines)
        request.lines.append("Tollgate-Deadline", decimal: min(remaining, timeouts.perTry))
    }

    nonisolated(nonsending) private func attempt(_ request: ClientRequest) async throws -> Attempt {
        do throws(HTTPClientError) {
            let response = try await client.execute(request)
            upstream.hall.opened()
            upstream.metrics.answered(status: response.head.statusCode)
            return .answer(response)
        } catch {
            switch error {
            case .requestBody(let cause, _): throw cause
            case .cancelled: throw CancellationError()
            default: break
            }
            upstream.metrics.failed(error.code)
            let failed = FailedTry(error)
            if failed.outcome != .notConnected { upstream.hall.opened() }
            return .failed(failed)
        }
    }

    // MARK: - Again

    private func again(
        after first: Attempt, request: ClientRequest, _ ownLines: Int
    ) async throws -> ClientResponse {
        var schedule = RetrySchedule(
            configuration: upstream.configuration.retries, isReplayable: isReplayable, deadline: deadline)
        var visit = WaitingHall.Visit()
        defer { upstream.hall.leave(visit) }
        var attempt = first
        var request = request
        while true {
            let action = schedule.next(
                after: Self.outcome(of: attempt), now: loop.now, random: { UInt64.random(in: 0...$0) },
                withdraw: { upstream.withdrawRetry(now: loop.now) })
            switch action {
            case .finish: return try Self.finish(attempt)
            case .retry(let delay):
                upstream.metrics.retried()
                if case .answer(let response) = attempt { await Self.drain(response) }
                await loop.sleep(for: .milliseconds(delay))
            case .waitForAddress:
                guard await upstream.hall.pause(&visit, deadline: deadline, loop: loop) else {
                    return try Self.finish(attempt)
                }
            }
            try Task.checkCancellation()
            prepare(&request, ownLines)
            attempt = try await self.attempt(request)
        }
    }

    private static func outcome(of attempt: Attempt) -> RetrySchedule.Outcome {
        switch attempt {
        case .answer(let response): .status(response.head.statusCode)
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
