/// The gateway's declarative configuration, checked as a whole: every name it mentions exists.
///
/// Times are milliseconds, sizes bytes.
public struct GatewayConfiguration: Sendable, Equatable {
    var upstreams: [UpstreamConfiguration] = []
    var routes: [RouteConfiguration] = []
    var aggregates: [AggregateConfiguration] = []
    var authentication: AuthenticationConfiguration?
    var projection: ProjectionConfiguration?
    var rateLimits: [RateLimitConfiguration] = []
    var limits = LimitsConfiguration()
    var securityFields = SecurityFieldConfiguration()
    /// What routes do to answers that say nothing else.
    var answers = AnswerConfiguration()
}
