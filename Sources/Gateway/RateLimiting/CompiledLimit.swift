import HTTP
import HTTPTypes

/// A rate limit as the hot path uses it. A class, so that asking it costs one reference count.
final class CompiledLimit: Sendable {
    /// Whom a request counts for.
    enum Key: Sendable {
        case address
        case user
        /// Everybody on the route, or everybody at all: the window's identity says which.
        case everybody
        case combination([RateLimitConfiguration.KeyPart])
    }

    let name: String
    /// Whether it is asked only after the caller is authenticated.
    let waitsForCaller: Bool
    /// Whether no part of the key is one that anybody can make up.
    let isVouchedFor: Bool
    let metrics: LimitMetrics
    private let key: Key
    private let plans: [RatePlan]
    private let planNames: [String]
    private let defaultPlan: Int

    /// - Parameter route: The name of the route that it is compiled for.
    init(_ configuration: RateLimitConfiguration, route: String, metrics: LimitMetrics) {
        name = configuration.name
        waitsForCaller = configuration.waitsForCaller
        isVouchedFor = configuration.key.allSatisfy(\.isVouchedFor)
        self.metrics = metrics
        key = Key(configuration.key)
        let route = configuration.key.contains(.route) ? route : nil
        plans = configuration.plans.map { RatePlan($0.windows, name: configuration.name, route: route) }
        planNames = configuration.plans.map(\.name)
        defaultPlan = configuration.plans.firstIndex { $0.name == configuration.defaultPlan } ?? 0
    }

    /// The plans by name, each with its `RateLimit-Policy` items.
    var policies: [(plan: String, policy: String)] { Array(zip(planNames, plans.map(\.policy))) }

    /// What the limit asks of a caller.
    func plan(for token: VerifiedToken?) -> RatePlan {
        if plans.count == 1 { return plans[0] }
        guard let token else { return plans[defaultPlan] }
        let byClaim = token.claims.plan.flatMap { planNames.firstIndex(of: $0) }
        return plans[byClaim ?? planNames.firstIndex { token.claims.roles.contains($0) } ?? defaultPlan]
    }

    /// A keyed hash of whom the request counts for; `nil` when the limit does not concern it.
    func key(of request: Request, client: Client, token: VerifiedToken?) -> Int? {
        switch key {
        case .address: client.hash
        case .user: token?.subjectHash
        case .everybody: 0
        case .combination(let parts): Self.combined(parts, request, client, token)
        }
    }

    private static func combined(
        _ parts: [RateLimitConfiguration.KeyPart], _ request: Request, _ client: Client, _ token: VerifiedToken?
    ) -> Int? {
        var hasher = Hasher()
        for part in parts {
            switch part {
            case .address: hasher.combine(client.hash)
            case .user:
                guard let token else { return nil }
                hasher.combine(token.subjectHash)
            case .apiKey:
                guard let id = token?.apiKeyID else { return nil }
                hasher.combine(id)
            case .header(let name):
                // Requests without the field share one bucket.
                hasher.combine(request.field(name) ?? "")
            case .route: break
            }
        }
        return hasher.finalize()
    }
}

extension CompiledLimit.Key {
    fileprivate init(_ parts: [RateLimitConfiguration.KeyPart]) {
        switch parts.filter({ $0 != .route }) {
        case []: self = .everybody
        case [.address]: self = .address
        case [.user]: self = .user
        case let parts: self = .combination(parts)
        }
    }
}
