import Chassis
import HTTP
import HTTPTypes
import Sockets
import Spans

/// What `RATE_LIMITS` chooses.
enum RateLimitMode: String, Sendable, CaseIterable {
    /// Decide, count, tell and refuse.
    case on
    /// Decide, count and tell, but never refuse.
    case observe
    case off
}

/// The filter that asks the limits of a route.
struct RateLimits: Sendable {
    let store: any RateLimitStore
    let mode: RateLimitMode

    /// Charges the request to all of `limits`, or to none when one refuses.
    ///
    /// - Parameters:
    ///   - limits: Those of the route that can be asked now.
    ///   - report: What the answer's fields will say.
    /// - Throws: `Problem` 429 `rate_limited`, never in observe mode.
    @inline(__always)
    func check(
        _ limits: [CompiledLimit], of route: CompiledLimits, _ request: Request, client: Client,
        token: VerifiedToken?, _ report: inout LimitReport
    ) throws(Problem) {
        guard !limits.isEmpty, mode != .off else { return }
        // It takes nanoseconds and cannot be why a request failed or was slow: a span in sampled traces only.
        guard let trace = request.context.trace, trace.isSampled else {
            return try ask(limits, cost: route.cost, request, client: client, token: token, &report)
        }
        let span = trace.begin(.rateLimit)
        do throws(Problem) {
            try ask(limits, cost: route.cost, request, client: client, token: token, &report)
            trace.end(span)
        } catch {
            trace.end(span, failedBy: error.code)
            throw error
        }
    }

    private func ask(
        _ limits: [CompiledLimit], cost: UInt64, _ request: Request, client: Client, token: VerifiedToken?,
        _ report: inout LimitReport
    ) throws(Problem) {
        // A request counts from its arrival: no clock is looked at for it.
        let arrived = request.context.arrivedAt
        let now = arrived > 0 ? arrived : CoarseClock.nanoseconds()
        // One bit per limit that was charged; a route has at most 16.
        var charged: UInt64 = 0
        var refused = false
        for (index, limit) in limits.enumerated() {
            guard let key = limit.key(of: request, client: client, token: token) else { continue }
            let plan = limit.plan(for: token)
            let outcome = store.take(Self.charge(limit, plan, key: key, cost: cost, now: now))
            report.add(plan, outcome)
            if outcome.isAllowed {
                limit.metrics.allowed.increment()
                charged |= 1 << UInt64(index)
            } else {
                limit.metrics.refused.increment()
                refused = true
            }
        }
        guard refused, mode == .on, let seconds = report.retryAfter else { return }
        for (index, limit) in limits.enumerated() where charged & (1 << UInt64(index)) != 0 {
            guard let key = limit.key(of: request, client: client, token: token) else { continue }
            store.refund(Self.charge(limit, limit.plan(for: token), key: key, cost: cost, now: now))
        }
        request.context.reason = "rate_limited"
        throw Problem(
            .tooManyRequests, "rate_limited", detail: "Too many requests; try again in \(seconds) s.",
            fields: [.retryAfter: String(seconds)])
    }

    private static func charge(
        _ limit: CompiledLimit, _ plan: RatePlan, key: Int, cost: UInt64, now: UInt64
    ) -> RateCharge {
        RateCharge(windows: plan.windows, key: key, cost: cost, isVouchedFor: limit.isVouchedFor, now: now)
    }
}
