public import Chassis

/// What the gateway measures beside the chassis. Labels without listed values are names of the configuration.
public struct GatewayMetricSet: MetricSet {
    /// All of them.
    public static let declared = GatewayMetricSet()

    let upstreamRequests = Metric.counter(
        "gateway_upstream_requests_total", "upstream", "result",
        help: "Tries by status class or reason of failure.")
    let upstreamRetries = Metric.counter(
        "gateway_upstream_retries_total", "upstream",
        help: "Tries after the first one.")
    let upstreamRedirected = Metric.counter(
        "gateway_upstream_redirected_total", "upstream",
        help: "Requests that went to another address because one accepted no connection.")
    let upstreamWaiting = Metric.gauge(
        "gateway_upstream_waiting", "upstream",
        help: "Requests that wait for an upstream without an address.")
    let upstreamChecks = Metric.counter(
        "gateway_upstream_checks_total", "upstream", .label("result", ["passed", "failed"]),
        help: "Active health checks.")
    let upstreamEjections = Metric.counter(
        "gateway_upstream_ejections_total", "upstream", .label("reason", OutlierRecord.Cause.self),
        help: "Addresses left out for a while.")
    let upstreamBreakerOpenings = Metric.counter(
        "gateway_upstream_breaker_openings_total", "upstream",
        help: "How often the circuit breaker opened.")
    let upstreamBreakerState = Metric.gauge(
        "gateway_upstream_breaker_state", "upstream", .label("state", UpstreamStatus.Breaker.self),
        help: "1 for the state that the circuit breaker is in.")
    let upstreamPanic = Metric.gauge(
        "gateway_upstream_panic", "upstream",
        help: "1 while so few addresses are fit that all are used.")
    let upstreamInFlight = Metric.gauge(
        "gateway_upstream_in_flight", "upstream", "address",
        help: "Requests that an address has not answered to the last byte.")
    let upstreamFit = Metric.gauge(
        "gateway_upstream_fit", "upstream", "address",
        help: "1 while an address is neither unhealthy nor left out.")
    let upstreamEjected = Metric.gauge(
        "gateway_upstream_ejected", "upstream", "address",
        help: "1 while an address is left out for its failures.")
    let upstreamLatency = Metric.gauge(
        "gateway_upstream_latency_seconds", "upstream", "address",
        help: "Moving average of the time until the head of an answer.")
    let tunnelsOpen = Metric.gauge(
        "gateway_tunnels_open", "upstream",
        help: "WebSocket tunnels that are open.")
    let tunnels = Metric.counter(
        "gateway_tunnels_total", "upstream",
        help: "WebSocket tunnels that were opened.")
    let tunnelBytes = Metric.counter(
        "gateway_tunnel_bytes_total", "upstream", .label("direction", ["from_client", "to_client"]),
        help: "Bytes through WebSocket tunnels, by direction.")
    let upstreamRequestDuration = Metric.histogram(
        "gateway_upstream_request_duration_seconds", "upstream",
        help: "The time from sending a try until the head of its answer, or until it failed.")
    let tokens = Metric.counter(
        "gateway_tokens_total", .label("result", ["accepted"] + TokenRefusal.allCases.map(\.rawValue)),
        help: "Access tokens accepted, or refused by reason.")
    let jwksFetches = Metric.counter(
        "gateway_jwks_fetches_total", "issuer", .label("result", ["ok", "failed"]),
        help: "Fetches of a token issuer's keys.")
    let jwksKeys = Metric.gauge(
        "gateway_jwks_keys", "issuer",
        help: "Usable keys of a token issuer's last good set.")
    let jwksSuccess = Metric.gauge(
        "gateway_jwks_success_timestamp_seconds", "issuer",
        help: "When a token issuer's keys were last fetched, since 1970.")
    let apiKeys = Metric.counter(
        "gateway_api_keys_total", .label("result", ["accepted"] + KeyRefusal.allCases.map(\.rawValue)),
        help: "API keys accepted, or refused by reason.")
    let apiKeyLookups = Metric.counter(
        "gateway_api_key_lookups_total", .label("result", ["found", "unknown", "failed", "too_many"]),
        help: "Look-ups of API keys that were not held.")
    let apiKeysHeld = Metric.gauge(
        "gateway_api_keys_held",
        help: "API keys held.")
    let endedSessionsHeld = Metric.gauge(
        "gateway_ended_sessions_held",
        help: "Ended sessions remembered.")
    let changedUsersHeld = Metric.gauge(
        "gateway_changed_users_held",
        help: "Locks and changes of roles remembered.")
    let feedReads = Metric.counter(
        "gateway_feed_reads_total", .label("result", ["ok", "failed"]),
        help: "Reads of user-service's feed and its snapshot.")
    let feedAge = Metric.gauge(
        "gateway_feed_age_seconds",
        help: "Time since user-service's feed was last heard of.")
    let rateLimitDecisions = Metric.counter(
        "gateway_rate_limit_decisions_total", "limit", .label("decision", ["allowed", "refused"]),
        help: "Decisions of a rate limit; in observe mode refused requests are let through.")
    let rateLimitBuckets = Metric.gauge(
        "gateway_rate_limit_buckets",
        help: "Buckets of rate limits that are not whole.")
    let rateLimitEvictions = Metric.readCounter(
        "gateway_rate_limit_evictions_total",
        help: "Buckets of rate limits that gave way before they were whole.")
    let throttleInFlight = Metric.gauge(
        "gateway_throttle_in_flight", "kind", "name",
        help: "Requests under way that a throttle counts.")
    let throttleQueued = Metric.gauge(
        "gateway_throttle_queued", "kind", "name",
        help: "Requests that wait behind a throttle.")
    let throttleShed = Metric.counter(
        "gateway_throttle_shed_total", "kind", "name", "class",
        help: "Requests sent away because too many were under way.")
    let aggregateParts = Metric.counter(
        "gateway_aggregate_parts_total", "aggregate", "part",
        .label("result", ["arrived", "refused", "failed", "skipped"]),
        help: "Parts of aggregates by outcome.")
    let corsPreflights = Metric.counter(
        "gateway_cors_preflights_total", .label("result", ["allowed", "refused"]),
        help: "CORS preflights, by whether the origin was allowed.")
    let compressedResponses = Metric.counter(
        "gateway_compressed_responses_total",
        help: "Answers that the gateway compressed.")
    let auditRefusalsDropped = Metric.readCounter(
        "gateway_audit_refusals_dropped_total",
        help: "Refusals of the staff's routes that were too many for the audit lines.")
    let underscoreNames = Metric.counter(
        "gateway_underscore_names_total", .label("action", ["refuse", "drop"]),
        help: "Requests with underscores in names of fields, by what was done.")
    let configReloads = Metric.counter(
        "gateway_config_reloads_total", .label("result", ["ok", "failed"]),
        help: "Attempts to reload the configuration.")
    let configLastReloadSuccessful = Metric.gauge(
        "gateway_config_last_reload_successful",
        help: "1, or 0 since a file was refused: alert on this.")
    let configLastReloadSuccess = Metric.gauge(
        "gateway_config_last_reload_success_timestamp_seconds",
        help: "When the configuration that serves was taken, since 1970.")
    let configurations = Metric.gauge(
        "gateway_configurations",
        help: "Configurations in memory: the one that serves, and older ones that requests under way began with.")
}
