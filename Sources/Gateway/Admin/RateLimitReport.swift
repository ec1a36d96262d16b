import Chassis
import JSON

/// `/limits`: the mode, how full the tables are, and each limit with its policies and its decisions so far.
struct RateLimitReport {
    let gateway: Gateway

    func write(to json: inout JSONWriter) {
        let occupancy = gateway.limits.store.occupancy()
        json.beginObject()
        json.member("mode", gateway.limits.mode.rawValue)
        json.member("buckets_used", occupancy.used)
        json.member("buckets_capacity", occupancy.capacity)
        json.member("limits", objects: gateway.usedLimits) { limit, json in
            json.member("name", limit.name)
            json.member("plans", objects: limit.policies) { plan, json in
                json.member("name", plan.plan)
                json.member("policy", plan.policy)
            }
            json.member("allowed", Int(limit.metrics.allowed.value))
            json.member("refused", Int(limit.metrics.refused.value))
        }
        json.endObject()
    }
}

extension Gateway {
    /// The rate limits that some route uses, by name.
    var usedLimits: [CompiledLimit] {
        let used = routes.flatMap { $0.limits.open + $0.limits.callers }
        return Dictionary(used.map { ($0.name, $0) }) { first, _ in first }.values.sorted { $0.name < $1.name }
    }
}
