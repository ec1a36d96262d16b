import HTTP
import JSON

/// What the gateway shows on its admin port, read-only: `/upstreams`, `/routes`, `/limits`, `/config`.
struct GatewayAdminRoutes: Sendable {
    let live: LiveGateway

    @Sendable func install(in router: inout Router) {
        add("/upstreams", to: &router) { UpstreamReport(gateway: $0).write(to: &$1) }
        add("/routes", to: &router) { RouteReport(gateway: $0).write(to: &$1) }
        add("/limits", to: &router) { RateLimitReport(gateway: $0).write(to: &$1) }
        add("/config", to: &router) { ConfigurationReport(loaded: $0.origin).write(to: &$1) }
    }

    private func add(
        _ path: String, to router: inout Router, _ write: @escaping @Sendable (Gateway, inout JSONWriter) -> Void
    ) {
        router.get(path) { _ in
            var json = JSONWriter(capacity: 4_096)
            write(live.current, &json)
            return .json(json.bytes)
        }
    }
}

extension JSONWriter {
    /// A member with an array of strings.
    mutating func member(_ name: String, _ texts: [String]) {
        member(name, JSONValue.array(texts.map { .string($0) }))
    }

    /// A member with an array of objects.
    mutating func member<Element>(
        _ name: String, objects: some Sequence<Element>, _ write: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for element in objects {
            beginObject()
            write(element, &self)
            endObject()
        }
        endArray()
    }
}
