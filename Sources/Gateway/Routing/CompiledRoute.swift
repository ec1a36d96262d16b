/// A route as the hot path uses it: names resolved, limits in the order in which they are asked.
///
/// A class, so that handing it on costs one reference count and not one for each of its parts.
final class CompiledRoute: Sendable {
    enum Action: Sendable {
        case proxy(Upstream)
        case split(UpstreamSplit)
        case redirect(Redirect)
        case own(OwnAnswer)
        case aggregate(Aggregate)
    }

    let name: String
    /// The pattern, for the access log and the metrics.
    let template: String
    let action: Action
    /// What a caller must be and have.
    let access: CompiledAccess
    let limits: CompiledLimits
    /// What becomes of answers on their way out; `nil` for most routes.
    let answers: AnswerFilters?
    /// The places that its requests need; `nil` when there is no such limit, and on a split, whose sides have their own.
    let throttle: RouteThrottle?
    /// Without a configured route behind it (an aggregate), these are the defaults and nothing.
    let timeouts: TimeoutConfiguration
    let bodyLimit: Int
    let honoursKeys: Bool
    let endsSession: Bool
    let isStreaming: Bool
    let allowsWebSocket: Bool
    let endsUser: Bool
    /// Whether a success revokes something that the feed tells of.
    let revokes: Bool
    /// Whether it is closed while it is not known who lost what they need: routes for admins and roles, and those that ask
    /// for a recent authentication.
    let needsFreshness: Bool
    /// What the path becomes on the upstream.
    let target: TargetRule
    let requestFields: RequestFields
    let answerFields: AnswerFields

    init(
        name: String, path: PathPattern, action: Action, access: Access, limits: CompiledLimits,
        answers: AnswerFilters?, throttle: RouteThrottle?, names: AccessNames, requestFields: RequestFields,
        answerFields: AnswerFields,
        route: RouteConfiguration? = nil
    ) {
        self.name = name
        template = path.description
        self.action = action
        self.limits = limits
        self.answers = answers
        self.throttle = throttle
        self.access = CompiledAccess(access, names: names)
        if case .proxy(let upstream) = action {
            timeouts = route?.timeouts ?? upstream.configuration.timeouts
        } else {
            timeouts = TimeoutConfiguration()
        }
        bodyLimit = route?.bodyLimit ?? 0
        honoursKeys = route?.idempotency == .key
        isStreaming = route?.isStreaming ?? false
        allowsWebSocket = route?.allowsWebSocket ?? false
        endsSession = route?.endsSession ?? false
        endsUser = route?.endsUser ?? false
        revokes = route?.revokes ?? false
        needsFreshness = access.scopes.contains("admin") || !access.roles.isEmpty || access.stepUp != nil
        target = route.map(TargetRule.init) ?? .identity
        self.requestFields = requestFields
        self.answerFields = answerFields
    }
}

/// The upstreams that share the requests of a route.
struct UpstreamSplit: Sendable {
    struct Side: Sendable {
        let upstream: Upstream
        let timeouts: TimeoutConfiguration
        /// The places that a request to this side needs; `nil` when there is no such limit.
        let throttle: RouteThrottle?
    }

    let decision: TrafficSplit
    /// In the order of the decision's sides.
    let sides: [Side]
}
