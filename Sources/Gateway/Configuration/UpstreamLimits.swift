import HTTP

/// How much of an upstream may be in use at once; what comes on top is refused at once.
struct UpstreamLimits: Sendable, Equatable {
    /// Connections to one address; `nil` for the client's own limit (256 on each event loop).
    var connections: Int?
    /// Requests that wait for a connection to one address; `nil` for the client's own limit (1024 on each event loop).
    var pending: Int?
    /// Requests in flight, all addresses together; `nil` for any number.
    var requests: Int?
}

extension UpstreamLimits {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        if reader.optional("connections") != nil { connections = reader.integer("connections", in: 1...1_000_000) }
        if reader.optional("pending") != nil { pending = reader.integer("pending", in: 0...1_000_000) }
        if reader.optional("requests") != nil { requests = reader.integer("requests", in: 1...1_000_000) }
        reader.finish()
    }
}

extension UpstreamLimits {
    /// Each loop's share of the limits on connections, at least one connection; `nil` when there are none.
    func perLoop(_ loops: Int) -> ConnectionLimits? {
        guard connections != nil || pending != nil else { return nil }
        let share = { (limit: Int) in (limit + loops - 1) / max(1, loops) }
        let defaults = HTTPClientConfiguration()
        return ConnectionLimits(
            connections: max(1, connections.map(share) ?? defaults.maximumConnections),
            waiters: pending.map(share) ?? defaults.maximumWaiters)
    }
}
