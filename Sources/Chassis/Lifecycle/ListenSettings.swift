public import Sockets

/// Where a service listens, how it stops, and where its data is.
public struct ListenSettings: Sendable, Equatable {
    /// `BIND_ADDRESS`, of both ports; default `0.0.0.0`.
    public var host: String
    /// `PORT`, default 8080; 0 lets the system choose.
    public var port: Int
    /// `ADMIN_PORT`, default 9080; 0 lets the system choose.
    public var adminPort: Int
    /// `EVENT_LOOPS`; `nil` is one per core.
    public var loops: Int?
    /// `TOLLGATE_READINESS`: `epoll` (Linux) or `dispatch`.
    public var readiness: Readiness
    /// `DRAIN_DELAY_SECONDS`: how long listeners go on accepting after SIGTERM, until load balancers have noticed.
    public var drainDelay: Duration
    /// `SHUTDOWN_GRACE_SECONDS`: how long requests in flight may take after that.
    public var grace: Duration
    /// `DATA_DIR`, where the database is; default `.`.
    public var dataDirectory: String

    /// Reads them.
    public init(_ settings: Settings) throws(SettingsError) {
        host = settings.string("BIND_ADDRESS", default: "0.0.0.0")
        guard SocketAddress(ip: host, port: 0) != nil else {
            throw SettingsError(key: "BIND_ADDRESS", value: host, allowed: "an IPv4 or IPv6 address")
        }
        port = try settings.integer("PORT", in: 0...65_535, default: 8080)
        adminPort = try settings.integer("ADMIN_PORT", in: 0...65_535, default: 9080)
        guard port == 0 || port != adminPort else {
            throw SettingsError(key: "ADMIN_PORT", value: String(adminPort), allowed: "another port than PORT")
        }
        let count = try settings.integer("EVENT_LOOPS", in: 0...1_024, default: 0)
        loops = count == 0 ? nil : count
        readiness = try settings.choice("TOLLGATE_READINESS", default: Readiness.available[0])
        guard Readiness.available.contains(readiness) else {
            throw SettingsError(key: "TOLLGATE_READINESS", value: readiness.rawValue, allowed: "dispatch")
        }
        drainDelay = try settings.seconds("DRAIN_DELAY_SECONDS", in: 0...3_600, default: 5)
        grace = try settings.seconds("SHUTDOWN_GRACE_SECONDS", in: 0...3_600, default: 25)
        dataDirectory = settings.string("DATA_DIR", default: ".")
    }
}
