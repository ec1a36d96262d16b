import HTTP
import HTTPTypes
import Sockets
import Synchronization

/// When each address of an upstream is asked next. A pure state machine; times are milliseconds.
struct CheckSchedule: Sendable {
    private let interval: UInt64
    private var due: [ObjectIdentifier: UInt64] = [:]

    init(_ configuration: HealthConfiguration) { interval = configuration.interval }

    /// Takes those whose time has come. They are spread over the interval from the start, and each comes again after
    /// nine to eleven tenths of it: neither all addresses at once nor all gateways.
    ///
    /// - Parameter random: Returns a number from 0 up to and including its argument.
    mutating func take(
        _ endpoints: [UpstreamEndpoint], now: UInt64, random: (UInt64) -> UInt64
    ) -> [UpstreamEndpoint] {
        let known = due
        due = [:]
        var taken: [UpstreamEndpoint] = []
        for endpoint in endpoints {
            let id = ObjectIdentifier(endpoint)
            let time = known[id] ?? now + random(interval / 2)
            if time > now {
                due[id] = time
            } else {
                due[id] = now + interval * 9 / 10 + random(interval / 5)
                taken.append(endpoint)
            }
        }
        return taken
    }
}

/// The schedule of an upstream's checks, behind a lock.
final class CheckState: Sendable {
    let schedule: Mutex<CheckSchedule>

    init(_ configuration: HealthConfiguration) { schedule = Mutex(CheckSchedule(configuration)) }
}

extension Upstream {
    /// Asks the addresses whose time has come, each in a task of its own: one that hangs delays no other.
    func check(now: UInt64) {
        guard let configuration = configuration.health, let checks else { return }
        let endpoints = members.map(\.endpoint)
        let due = checks.schedule.withLock { $0.take(endpoints, now: now, random: { UInt64.random(in: 0...$0) }) }
        for endpoint in due { Task { await self.check(endpoint, configuration) } }
    }

    private func check(_ endpoint: UpstreamEndpoint, _ configuration: HealthConfiguration) async {
        let address = configuration.port.map { endpoint.address.with(port: $0) } ?? endpoint.address
        let status = await status(
            of: endpoint, at: address, method: .get, path: configuration.path, timeout: configuration.timeout)
        let passed = status == configuration.expect
        metrics.checked(passed: passed)
        change { $0.checked(endpoint, passed: passed, now: CoarseClock.milliseconds()) }
    }
}
