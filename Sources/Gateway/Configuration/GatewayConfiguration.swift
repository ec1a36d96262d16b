/// The gateway's declarative configuration, checked as a whole: every name it mentions exists.
///
/// Times are milliseconds, sizes bytes.
public struct GatewayConfiguration: Sendable, Equatable {
    var upstreams: [UpstreamConfiguration] = []
    var routes: [RouteConfiguration] = []
    var aggregates: [AggregateConfiguration] = []
    var authentication: AuthenticationConfiguration?
    var rateLimits: [RateLimitConfiguration] = []
    var limits = LimitsConfiguration()
}

/// A service behind the gateway.
struct UpstreamConfiguration: Sendable, Equatable {
    var name: String
    var host: String
    var port: Int
    /// The audience of the identity token that goes with each request; `nil` sends none.
    var audience: String?
    var timeouts = TimeoutConfiguration()
    var retries = RetryConfiguration()
    var waiting = WaitingConfiguration()
}

/// How long a request may take; `total` includes waiting and retries and travels downstream.
struct TimeoutConfiguration: Sendable, Equatable {
    var connect: UInt64 = 1_000
    var perTry: UInt64 = 10_000
    var total: UInt64 = 15_000
}

/// When and how often a replayable request is tried again.
struct RetryConfiguration: Sendable, Equatable {
    /// Tries after the first one.
    var attempts: Int = 2
    /// Upper bound of the first delay; it doubles with each try.
    var backoff: UInt64 = 25
    /// Upper bound of every delay.
    var maximumBackoff: UInt64 = 250
    /// Retries allowed per hundred requests.
    var budgetPercent: Int = 20
    /// Retries allowed per second however few requests there are.
    var minimumPerSecond: Int = 10
}

/// The queue for replayable requests while no address of the upstream accepts connections.
struct WaitingConfiguration: Sendable, Equatable {
    var capacity: Int = 1_000
    var time: UInt64 = 10_000
}

/// A mapping of requests to an upstream or to a document of the gateway's own.
struct RouteConfiguration: Sendable, Equatable {
    enum Target: Sendable, Equatable {
        case upstream(String)
        case openAPI
    }

    /// Whether an `Idempotency-Key` makes an unsafe request replayable.
    enum Idempotency: String, Sendable, CaseIterable {
        case none
        case key
    }

    var name: String
    var path: PathPattern
    /// Upper-case methods; empty for all. HEAD is served wherever GET is.
    var methods: [String] = []
    var access: Access
    var target: Target
    /// Taken from the front of the path before it is sent on; empty or whole segments.
    var stripPrefix = ""
    var timeouts: TimeoutConfiguration?
    var bodyLimit: Int
    var idempotency = Idempotency.none
    var rateLimits: [String] = []
}

/// Who may use a route.
enum Access: Sendable, Equatable {
    /// Anyone; written out, never assumed.
    case `public`
    /// Whoever presents a valid token that carries all of these scopes.
    case authenticated(scopes: [String])
}

/// One answer made of several upstream answers.
struct AggregateConfiguration: Sendable, Equatable {
    struct Part: Sendable, Equatable {
        var name: String
        var upstream: String
        /// The upstream's path and query.
        var target: String
        var isRequired: Bool
        var timeout: UInt64
        /// The member of the part's answer that is taken; `nil` for all of it.
        var pick: String?
    }

    var name: String
    var path: PathPattern
    var access: Access
    var rateLimits: [String] = []
    var parts: [Part] = []
}

/// Whose tokens are accepted.
struct AuthenticationConfiguration: Sendable, Equatable {
    var issuer: String
    var audience: String
    /// The `typ` of a token's header (RFC 9068 section 2.1).
    var tokenType = "at+jwt"
    var jwksUpstream: String
    var jwksPath: String
    /// The least time between two fetches caused by unknown key ids.
    var coolDown: UInt64 = 30_000
    /// The time after which the key set is fetched again anyway, so that a withdrawn key disappears.
    var refresh: UInt64 = 300_000
    /// How far clocks may differ (`exp`, `nbf`).
    var clockSkew: UInt64 = 60_000
    var requiredClaims: [String] = []
    /// Verified tokens remembered per event loop.
    var cacheEntries: Int = 4_096
}

/// A named request rate.
struct RateLimitConfiguration: Sendable, Equatable {
    enum Key: String, Sendable, CaseIterable {
        case address
        case user
    }

    var name: String
    var key: Key
    /// Requests per window; also how many may come at once.
    var quota: Int
    var window: UInt64
    /// Whether it applies to every route that lists no limits of its own.
    var isDefault = false
}

/// Sizes for all routes.
struct LimitsConfiguration: Sendable, Equatable {
    var body: Int = 1 << 20
    /// The largest body that is kept in memory so that a request can be sent again.
    var replayBody: Int = 64 << 10
    /// Token buckets in memory, all limits together; the least used give way.
    var rateLimitEntries: Int = 65_536
    /// Proxies in front of the gateway whose `X-Forwarded-For` entries are believed.
    var trustedProxies: Int = 0
}
