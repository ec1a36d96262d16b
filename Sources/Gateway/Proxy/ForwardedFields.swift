import HTTP
import HTTPTypes

extension HTTPField.Name {
    static let tollgateCompleteness = Self("Tollgate-Completeness")!
    static let forwardedFor = Self("X-Forwarded-For")!
    static let forwardedHost = Self("X-Forwarded-Host")!
    static let forwardedProto = Self("X-Forwarded-Proto")!
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
    /// - Parameters:
    ///   - own: Further names, in lower case.
    ///   - dropsUnderscores: Whether names with underscores end here too.
    static func fromClient(adding own: [String], dropsUnderscores: Bool = false) -> FieldFilter {
        FieldFilter(names: names + own, prefixes: prefixes, underscores: dropsUnderscores)
    }

    private static let names = [
        "authorization", "x-api-key", "forwarded", "x-real-ip", "x-request-id", "traceparent",
        "tracestate", "baggage", "x-original-url", "x-rewrite-url", "x-http-method-override", "x-http-method",
        "x-method-override", "remote-user", "x-remote-user", "x-authenticated-user", "x-authenticated-userid",
    ]

    private static let prefixes = [
        "tollgate-", "x-user-", "x-auth-", "x-forwarded-", "x-envoy-", "x-consumer-", "x-credential-", "x-jwt-",
    ]

    /// Those that describe the connection or the framing, which every hop writes anew.
    private static let framing = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "host", "expect", "date",
    ]

    /// Whether a request's field is the gateway's alone to write. `X-Forwarded-Prefix` is left to the routes.
    static func isOwnedInRequests(_ name: String) -> Bool {
        name != "x-forwarded-prefix" && (framing.contains(name) || fromClient(adding: []).contains(name))
    }

    /// Whether an answer's field is the gateway's alone to write.
    static func isOwnedInAnswers(_ name: String) -> Bool {
        framing.contains(name) || name.hasPrefix("tollgate-")
            || ["x-request-id", "ratelimit", "ratelimit-policy"].contains(name)
    }

    /// Never taken over from a service: what belongs to the inside, and what the gateway says itself.
    static let fromUpstream = [
        "server", "x-powered-by", "x-request-id", "tollgate-identity", "tollgate-deadline", "ratelimit",
        "ratelimit-policy", "alt-svc",
    ]
}
