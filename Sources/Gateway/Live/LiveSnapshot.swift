import Chassis
import JSON
import Sockets

/// What the gateway is doing, as the listeners of ``LiveFeed`` are told.
struct LiveSnapshot {
    let gateway: Gateway
    let rates: LiveRates
    /// Milliseconds since 1970.
    let at: Int64
    /// Milliseconds of the loops' clock.
    let now: UInt64

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("at", RFC3339.string(at))
        json.member("interval_ms", Int64(clamping: rates.interval))
        json.member("fault_lab", gateway.faultDesk.own != nil)
        json.key("requests")
        json.beginObject()
        Self.write(rates.total, to: &json)
        json.endObject()
        json.member("routes", objects: rates.routes) { entry, json in
            json.member("method", entry.route.method)
            json.member("path", entry.route.path)
            Self.write(entry.traffic, to: &json)
        }
        json.member("upstreams", objects: gateway.upstreams) { write($0, to: &$1) }
        json.member("limits", objects: gateway.usedLimits) { limit, json in
            let rates = rates.limit(limit.name)
            json.member("name", limit.name)
            json.rounded("allowed", rates.allowed)
            json.rounded("refused", rates.refused)
        }
        json.member("throttles", objects: gateway.throttles.all.sorted { $0.subject.name < $1.subject.name }) {
            throttle, json in
            json.member("kind", throttle.subject.kind.rawValue)
            json.member("name", throttle.subject.name)
            json.member("in_flight", throttle.inFlight)
            json.member("waiting", throttle.waiting)
            json.rounded("shed", rates.shed(throttle.subject))
        }
        json.endObject()
    }

    private func write(_ upstream: Upstream, to json: inout JSONWriter) {
        let status = upstream.status(now: now)
        json.member("name", status.name)
        Self.write(rates.upstream(status.name), to: &json)
        json.rounded("retries", rates.retries(status.name))
        json.member("breaker", status.breaker.rawValue)
        json.member("panic", status.isPanicking)
        json.member("waiting", status.waiting)
        json.member("in_flight", status.addresses.reduce(0) { $0 + $1.inFlight })
        json.member("addresses", objects: status.addresses) { address, json in
            json.member("address", address.address)
            json.member("fit", address.isFit)
            json.member("in_flight", address.inFlight)
        }
    }

    private static func write(_ traffic: LiveRates.Traffic, to json: inout JSONWriter) {
        json.rounded("rate", traffic.rate)
        json.rounded("errors", traffic.errors)
        json.rounded("refusals", traffic.refusals)
        json.rounded("p50_ms", traffic.median)
        json.rounded("p99_ms", traffic.slowest)
    }
}

extension JSONWriter {
    /// A number with two decimals; `null` for none.
    fileprivate mutating func rounded(_ name: String, _ value: Double?) {
        key(name)
        if let value { double((value * 100).rounded() / 100) } else { null() }
    }
}
