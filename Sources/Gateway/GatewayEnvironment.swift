import Chassis
import HTTP
import Logging
import Sockets

/// Signs who calls, for a receiving service: the chassis' signer, or a test's.
typealias IdentityTokens = @Sendable (_ audience: String, _ caller: CallerIdentity?) throws -> IdentitySigner.Signed

/// What a ``Gateway`` is given from outside.
struct GatewayEnvironment: Sendable {
    var client: HTTPClient
    var metrics: GatewayMetrics
    var identity: IdentityTokens
    var clock: any WallClock
    var logger: Logger
    var loopCount: Int
    var rateLimits = RateLimitMode.on
    /// `CONSOLE`.
    var hasConsole = true
    /// `FAULT_LAB`.
    var faults: FaultLab?
    /// The gateway's own faults; `nil` where the lab is off.
    var faultRoutes: FaultRoutes?
    /// Who watches; a reload goes on with them.
    var liveFeed = LiveFeed()
    /// What the process remembers of its requests.
    var traces = Traces.off
    /// Makes the store of the limits' buckets, which remembers so many; a reload goes on with the one that there is.
    var rateLimitStore: @Sendable (_ entries: Int) -> any RateLimitStore = { RateLimiter(entries: $0) }
    /// Milliseconds of a clock that never goes back, for what ages in the background.
    var monotonic: @Sendable () -> UInt64 = { CoarseClock.milliseconds() }
    /// Returns a number from 0 up to and including its argument.
    var random: @Sendable (UInt64) -> UInt64 = { UInt64.random(in: 0...$0) }
}
