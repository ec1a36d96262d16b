/// What one service says of itself at one moment, as far as `top` shows it.
struct ServiceScrape: Sendable {
    struct Route: Hashable, Sendable {
        let method: String
        let path: String
    }

    struct Traffic: Sendable {
        var times = BucketCounts()
        var requests = 0.0
        /// Answers by status.
        var statuses: [String: Double] = [:]
    }

    struct Upstream: Equatable, Sendable {
        let name: String
        var breaker = "closed"
        var fit = 0
        var addresses = 0
        var inFlight = 0.0
        /// Moving average until the head of an answer, the slowest address, seconds.
        var latency = 0.0
        var retries = 0.0
    }

    let name: String
    let version: String
    let startedAt: Double
    let cpuSeconds: Double
    let residentBytes: Double
    let inFlight: Double
    let queued: Double
    let routes: [Route: Traffic]
    let upstreams: [Upstream]

    private static let requests = "http_server_request_duration_seconds"

    init(_ samples: Samples) {
        let build = samples["tollgate_build_info"].first?.labels
        name = build?["service"] ?? "?"
        version = build?["version"] ?? "?"
        startedAt = samples.value("process_start_time_seconds") ?? 0
        cpuSeconds = samples.value("process_cpu_seconds_total") ?? 0
        residentBytes = samples.value("process_resident_memory_bytes") ?? 0
        inFlight = samples.value("http_server_active_requests") ?? 0
        queued = samples.value("database_queue_length") ?? 0
        routes = Self.routes(samples)
        upstreams = Self.upstreams(samples)
    }

    private static func routes(_ samples: Samples) -> [Route: Traffic] {
        var routes: [Route: Traffic] = [:]
        for sample in samples["\(requests)_bucket"] {
            guard let bound = sample.labels["le"].flatMap(bound) else { continue }
            routes[route(sample), default: Traffic()].times.add(sample.value, atMost: bound)
        }
        for sample in samples["\(requests)_count"] {
            let status = sample.labels["http_response_status_code"] ?? "?"
            routes[route(sample), default: Traffic()].requests += sample.value
            routes[route(sample), default: Traffic()].statuses[status, default: 0] += sample.value
        }
        return routes
    }

    private static func route(_ sample: Sample) -> Route {
        Route(
            method: sample.labels["http_request_method"] ?? "?", path: sample.labels["http_route"] ?? "?")
    }

    private static func bound(_ text: String) -> Double? { text == "+Inf" ? .infinity : Double(text) }

    private static func upstreams(_ samples: Samples) -> [Upstream] {
        var found: [String: Upstream] = [:]
        func change(_ metric: String, _ body: (inout Upstream, Sample) -> Void) {
            for sample in samples[metric] {
                guard let name = sample.labels["upstream"] else { continue }
                body(&found[name, default: Upstream(name: name)], sample)
            }
        }
        change("gateway_upstream_breaker_state") { upstream, sample in
            if sample.value == 1 { upstream.breaker = sample.labels["state"] ?? "?" }
        }
        change("gateway_upstream_fit") { upstream, sample in
            upstream.addresses += 1
            if sample.value == 1 { upstream.fit += 1 }
        }
        change("gateway_upstream_in_flight") { $0.inFlight += $1.value }
        change("gateway_upstream_latency_seconds") { $0.latency = max($0.latency, $1.value) }
        change("gateway_upstream_retries_total") { $0.retries += $1.value }
        return found.values.sorted { $0.name < $1.name }
    }
}
