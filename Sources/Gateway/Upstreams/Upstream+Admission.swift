import HTTP
import Logging
import Sockets
import Synchronization

// The circuit breaker and the cap on requests: asked only while ``Upstream/isGuarded`` says so.
extension Upstream {
    /// Whether a request may go, and as what.
    ///
    /// - Returns: Whether it is the breaker's probe, whose outcome is to be told to ``probeEnded(succeeded:now:)``.
    func admit(now: UInt64) throws(UpstreamFailure) -> Bool {
        if let limit = configuration.limits.requests, inFlight >= limit {
            throw UpstreamFailure(kind: .overloaded, reason: "upstream_requests")
        }
        switch breaker.withLock({ $0.admit(now: now) }) {
        case .passed: return false
        case .probe: return true
        case .refused(let time):
            let seconds = max(1, (time + 999) / 1_000)
            throw UpstreamFailure(kind: .unavailable, reason: "breaker_open", retryAfter: Int(clamping: seconds))
        }
    }

    /// The breaker's probe is back; `nil` when it was cancelled.
    func probeEnded(succeeded: Bool?, now: UInt64) {
        let state = breaker.withLock { breaker in
            breaker.probeEnded(succeeded: succeeded, now: now)
            return breaker.state
        }
        updateGuard()
        guard succeeded == true, state == .closed else { return }
        surroundings.logger.info(
            "The breaker of an upstream is closed", metadata: ["upstream": "\(configuration.name)"])
    }

    func breakerOpened() {
        updateGuard()
        metrics.breakerOpened()
        surroundings.logger.warning(
            "The breaker of an upstream is open", metadata: ["upstream": "\(configuration.name)"])
    }

    func updateGuard() {
        let isOpen = breaker.withLock { $0.state != .closed }
        isGuarded.store(isOpen || configuration.limits.requests != nil, ordering: .relaxed)
    }
}
