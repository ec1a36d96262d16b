import HTTP
import HTTPTypes

extension Problem {
    /// 429 `rate_limited` with `Retry-After` (RFC 6585 §4, RFC 9110 §10.2.3), in the words of the gateway's own.
    static func rateLimited(nanoseconds: UInt64) -> Problem {
        let seconds = max(1, (nanoseconds + 999_999_999) / 1_000_000_000)
        return Problem(
            .tooManyRequests, "rate_limited", detail: "Too many requests; try again in \(seconds) s.",
            fields: [.retryAfter: String(seconds)])
    }
}

extension RequestLimits {
    /// Counts a request of a client.
    /// - Throws: ``Problem`` 429 `rate_limited` when it comes too early.
    func expect(_ subject: Subject, _ request: Request) throws(Problem) {
        guard let wait = wait(subject, request.client) else { return }
        request.context.reason = "rate_limited"
        throw Problem.rateLimited(nanoseconds: wait)
    }
}

extension AttemptGuard {
    /// Begins an attempt of a request's client at an account.
    /// - Throws: ``Problem`` 429 `rate_limited` when it comes too early.
    func begin(_ request: Request, account: String, isKnown: Bool) throws(Problem) -> Attempt {
        do throws(Refusal) {
            return try begin(account: account, client: request.client, isKnown: isKnown)
        } catch {
            request.context.reason = "attempts_\(error.limit.rawValue)"
            throw Problem.rateLimited(nanoseconds: error.wait)
        }
    }
}
