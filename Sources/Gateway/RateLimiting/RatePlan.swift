import Chassis

/// The windows of a limit for one kind of caller, all of which have to allow a request.
final class RatePlan: Sendable {
    let windows: [RateWindow]
    /// The `RateLimit-Policy` items of all windows.
    let policy: String
    /// ``policy`` as it is sent.
    let policyBytes: [UInt8]

    /// - Parameters:
    ///   - name: The limit's name.
    ///   - route: The route's name when each route has buckets of its own.
    init(_ windows: [RateLimitConfiguration.Window], name: String, route: String?) {
        let names = windows.map { windows.count == 1 ? name : $0.policyName(of: name) }
        self.windows = zip(windows, names).map { RateWindow($0, name: name, policy: $1, route: route) }
        policy = zip(windows, names).map { RateLimitFields.policy(name: $1, $0) }.joined(separator: ", ")
        policyBytes = Array(policy.utf8)
    }
}

/// One window of a limit as the hot path uses it.
struct RateWindow: Sendable {
    let algorithm: GCRA
    /// A keyed hash of the limit's name, its numbers and, where each route counts for itself, the route's name: what a
    /// bucket is found by after a reload. A limit with other numbers begins anew.
    let identity: UInt64
    /// The `RateLimit` item up to the number of requests left.
    let statePrefix: [UInt8]

    init(_ window: RateLimitConfiguration.Window, name: String, policy: String, route: String?) {
        algorithm = GCRA(quota: window.quota, windowMilliseconds: window.length, burst: window.burst)
        var hasher = Hasher()
        hasher.combine(name)
        hasher.combine(algorithm)
        hasher.combine(route)
        identity = UInt64(bitPattern: Int64(hasher.finalize()))
        statePrefix = Array("\"\(policy)\";r=".utf8)
    }
}
