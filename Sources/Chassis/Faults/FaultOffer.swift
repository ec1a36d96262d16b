/// Which faults fit a service. What every service can do is there from the start; the others come with what they need: a
/// database, upstreams.
public struct FaultOffer: Sendable {
    /// Holds a fault for as long as `isActive` says.
    public typealias Carrier = @Sendable (_ isActive: @escaping @Sendable () -> Bool) async -> Void

    /// The kinds that can be asked for.
    var kinds: Set<FaultKind> = [.latency, .error, .drop, .memoryGrowth, .crash, .clockSkew]
    /// The names that `slow_downstream` may have.
    var upstreams: @Sendable () -> [String] = { [] }
    /// Whether a full queue concerns requests by their route, and not the writes of a database.
    var refusesRequests = false
    var carriers: [FaultKind: Carrier] = [:]
}
