import JSON
import Sockets

/// `/upstreams`: each upstream and what is known about it.
struct UpstreamReport {
    let gateway: Gateway

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("upstreams", objects: gateway.upstreams) { upstream, json in
            json.member("name", upstream.configuration.name)
            let status = upstream.status(now: CoarseClock.milliseconds())
            json.member("waiting", status.waiting)
            json.member("breaker", status.breaker.rawValue)
            json.member("panic", status.isPanicking)
            json.member("addresses", objects: status.addresses) { $0.write(to: &$1) }
        }
        json.endObject()
    }
}

extension UpstreamStatus.Address {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("address", address)
        json.member("weight", weight)
        json.member("fit", isFit)
        if let isHealthy { json.member("healthy", isHealthy) }
        if let ejectedFor { json.member("ejected_for_ms", Int64(clamping: ejectedFor)) }
        if let cause { json.member("ejected_because", cause) }
        json.member("in_flight", inFlight)
        json.member("requests", Int64(clamping: requests))
        json.member("latency_us", Int64(clamping: latencyMicroseconds))
    }
}
