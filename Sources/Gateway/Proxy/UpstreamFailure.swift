import HTTP
import HTTPTypes

/// Why an upstream gave no answer, after all tries.
struct UpstreamFailure: Error, Sendable {
    enum Kind: Sendable {
        /// Nobody listens, and waiting for somebody was not possible or not long enough.
        case unavailable
        /// More is asked of the upstream than the gateway lets through.
        case overloaded
        /// The connection broke, or what came was not HTTP.
        case badAnswer
        case timedOut
    }

    var kind: Kind
    /// For the access log: a stable word, and an address where there is one. The client never sees it.
    var reason: String
    /// When to come again, in seconds.
    var retryAfter = 1

    /// What the client gets to know: that it is not its fault, and whether to come again. Never which service.
    var problem: Problem {
        switch kind {
        case .unavailable:
            Problem(.serviceUnavailable, "upstream_unavailable", fields: [.retryAfter: "\(retryAfter)"])
        case .overloaded:
            Problem(.serviceUnavailable, "upstream_overloaded", fields: [.retryAfter: "\(retryAfter)"])
        case .badAnswer:
            Problem(.badGateway, "bad_gateway")
        case .timedOut:
            Problem(.gatewayTimeout, "gateway_timeout")
        }
    }
}

/// How one try ended without an answer: for the schedule, and for the log.
struct FailedTry {
    var outcome: RetrySchedule.Outcome
    var failure: UpstreamFailure
    /// Whether the client had sent the request twice by then.
    var wasReplayed = false

    /// What it says about the address; `nil` for what is not its fault.
    var cause: OutlierRecord.Cause? {
        switch outcome {
        case .notConnected, .lost: .connection
        case .timedOut: .timeout
        case .status, .inProgress, .failed: nil
        }
    }

    init(_ error: HTTPClientError) {
        switch error {
        case .afterReplay(let latest):
            self.init(latest)
            wasReplayed = true
        case .resolution(let host):
            self.init(.notConnected, .unavailable, "resolution_failed \(host)")
        case .connectionRefused(let address), .connectFailed(let address, _), .connectTimeout(let address):
            self.init(.notConnected, .unavailable, "\(error.code) \(address)")
        case .poolExhausted, .shutDown:
            self.init(.failed, .overloaded, error.code)
        case .deadlineExceeded:
            self.init(.timedOut, .timedOut, error.code)
        case .closedBeforeResponse, .truncatedResponse:
            self.init(.lost, .badAnswer, error.code)
        default:
            self.init(.failed, .badAnswer, error.code)
        }
    }

    private init(_ outcome: RetrySchedule.Outcome, _ kind: UpstreamFailure.Kind, _ reason: String) {
        self.outcome = outcome
        failure = UpstreamFailure(kind: kind, reason: reason)
    }
}
