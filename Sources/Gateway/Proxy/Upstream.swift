import HTTP
import Sockets
import Synchronization

/// A service behind the gateway, with what is remembered about it.
final class Upstream: Sendable {
    let configuration: UpstreamConfiguration
    /// Its number, in the order of the file.
    let index: Int
    let endpoint: Endpoint
    let hall: WaitingHall
    let metrics: UpstreamMetrics
    private let requests = Atomic<UInt64>(0)
    private let budget: Mutex<RetryBudget>

    init(_ configuration: UpstreamConfiguration, index: Int, metrics: UpstreamMetrics) {
        self.configuration = configuration
        self.index = index
        self.metrics = metrics
        endpoint = Endpoint(host: configuration.host, port: configuration.port)
        hall = WaitingHall(configuration.waiting)
        let retries = configuration.retries
        budget = Mutex(
            RetryBudget(
                percent: retries.budgetPercent, minimumPerSecond: retries.minimumPerSecond,
                now: CoarseClock.milliseconds()))
    }

    /// A first try is about to be sent.
    func countRequest() { requests.wrappingAdd(1, ordering: .relaxed) }

    /// Takes a retry out of the budget.
    func withdrawRetry(now: UInt64) -> Bool {
        let sent = requests.load(ordering: .relaxed)
        return budget.withLock { $0.withdraw(requests: sent, now: now) }
    }
}
