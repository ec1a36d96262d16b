import HTTP
import HTTPTypes

extension HTTPField.Name {
    static let tollgateCompleteness = Self("Tollgate-Completeness")!
    static let forwardedFor = Self("X-Forwarded-For")!
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
}

/// Which fields cross the gateway, and which are its own.
enum FieldRules {
    /// Never taken over from outside: whatever speaks for an identity, for another hop, or for this gateway.
    ///
    /// Credentials end here, since services trust the gateway's signed identity alone; so do `baggage` and the
    /// forwarding fields, which are written anew.
    ///
    /// - Parameter own: Further fields that the gateway writes itself.
    static func fromClient(adding own: [String]) -> FieldFilter {
        FieldFilter(names: names + own, prefixes: prefixes)
    }

    private static let names = [
        "authorization", "x-api-key", "forwarded", "x-real-ip", "x-request-id", "traceparent",
        "tracestate", "baggage", "x-original-url", "x-rewrite-url", "x-http-method-override", "x-http-method",
        "x-method-override", "remote-user", "x-remote-user", "x-authenticated-user", "x-authenticated-userid",
    ]

    private static let prefixes = [
        "tollgate-", "x-user-", "x-auth-", "x-forwarded-", "x-envoy-", "x-consumer-", "x-credential-", "x-jwt-",
    ]

    /// Never taken over from a service: what belongs to the inside, and what the gateway says itself.
    static let fromUpstream = [
        "server", "x-powered-by", "x-request-id", "tollgate-identity", "tollgate-deadline", "ratelimit",
        "ratelimit-policy", "alt-svc",
    ]

    /// ``fromUpstream`` for an answer whose `Location` is written anew.
    static let fromUpstreamWithLocation = fromUpstream + ["location"]
}
