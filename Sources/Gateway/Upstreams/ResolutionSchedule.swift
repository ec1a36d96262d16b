import Sockets

/// When an upstream's names are looked up, and what was found. A pure state machine; times are milliseconds.
struct ResolutionSchedule: Sendable {
    /// How often the resolver is asked. It remembers its answers for their time to live: most questions cost nothing.
    static let interval: UInt64 = 5_000
    /// The least time between two questions when addresses do not connect.
    static let leastInterval: UInt64 = 1_000

    let names: [Endpoint]
    private var addresses: [Endpoint: [SocketAddress]] = [:]
    private var dueAt: UInt64 = 0
    private var startedAt: UInt64?
    private(set) var isRunning = false

    init(names: [Endpoint]) { self.names = names }

    /// Whether there is nothing to look up.
    var isLiteral: Bool { names.allSatisfy { $0.literalAddress != nil } }

    /// Takes over what was found for the same names before.
    mutating func adopt(_ other: ResolutionSchedule) {
        addresses = other.addresses.filter { names.contains($0.key) }
    }

    /// Begins a look-up when it is time.
    mutating func start(now: UInt64) -> Bool {
        guard !isRunning, now >= dueAt, !isLiteral else { return false }
        (isRunning, startedAt) = (true, now)
        return true
    }

    /// Addresses do not connect: maybe there are others by now.
    mutating func hurry(now: UInt64) {
        let earliest = startedAt.map { $0 + Self.leastInterval } ?? now
        dueAt = min(dueAt, max(now, earliest))
    }

    /// What a look-up found; a name that was not found keeps the addresses that it had.
    mutating func found(_ found: [SocketAddress], for name: Endpoint) {
        if !found.isEmpty { addresses[name] = found }
    }

    mutating func finished(now: UInt64) {
        isRunning = false
        // While nothing is known, ask again soon.
        dueAt = now + (addresses.count < names.count ? Self.leastInterval : Self.interval)
    }

    /// All addresses of all names, with the weights of the configuration.
    func places(_ endpoints: [EndpointConfiguration]) -> [EndpointTable.Place] {
        endpoints.flatMap { endpoint in
            (addresses[endpoint.endpoint] ?? []).map {
                EndpointTable.Place(address: $0, authority: endpoint.endpoint, weight: endpoint.weight)
            }
        }
    }
}
