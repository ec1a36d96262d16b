import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization

// What goes on beside the requests: look-ups, probes and checks, each in a task of its own.
extension Upstream {
    /// How long an address that has become silent has time to show that it is alive, in milliseconds.
    private static let probeTimeout: UInt64 = 750

    /// Starts a task: on the running loop, where a request asked for it, so that the client need not hop.
    private func background(_ work: @escaping @Sendable () async -> Void) {
        if let loop = EventLoop.current { loop.spawn(work) } else { Task(operation: work) }
    }

    // MARK: - Names

    /// Looks the names up again when it is time.
    func resolveIfDue(now: UInt64) {
        guard resolution.withLock({ $0.start(now: now) }) else { return }
        background { await self.resolve() }
    }

    /// Connections fail: has the names looked up again soon.
    func lookAgain(now: UInt64) {
        resolution.withLock { $0.hurry(now: now) }
        for name in configuration.endpoints { surroundings.client.resolver.expire(name.host) }
    }

    private func resolve() async {
        for name in resolution.withLock({ $0.names }) where name.literalAddress == nil {
            let found = (try? await surroundings.client.resolver.resolve(name)) ?? []
            resolution.withLock { $0.found(found, for: name) }
        }
        let now = CoarseClock.milliseconds()
        let places = resolution.withLock { schedule in
            schedule.finished(now: now)
            return schedule.places(configuration.endpoints)
        }
        change { $0.place(places, now: now) }
    }

    // MARK: - Silence

    /// Asks an address that answers nothing whether it is alive. Whatever it says will do.
    func probe(_ endpoint: UpstreamEndpoint) {
        background {
            let status = await self.status(
                of: endpoint, at: endpoint.address, method: .options, path: "/", timeout: Self.probeTimeout)
            self.change { table in
                let now = CoarseClock.milliseconds()
                return table.probed(endpoint, answered: status != nil, now: now).map { [$0] } ?? []
            }
        }
    }

    // MARK: - Checks

    /// Asks an address for a status; `nil` when there is none in time.
    func status(
        of endpoint: UpstreamEndpoint, at address: SocketAddress, method: HTTPRequest.Method, path: String,
        timeout: UInt64
    ) async -> Int? {
        var request = ClientRequest(method: method, endpoint: endpoint.authority, target: .text(path))
        request.timeout = .milliseconds(timeout)
        request.connectTimeout = .milliseconds(timeout)
        guard let answer = try? await surroundings.client.execute(request, to: address) else { return nil }
        _ = try? await answer.body.collect(upTo: 16 << 10)
        return answer.head.statusCode
    }

    // MARK: - Log

    func note(_ event: EndpointTable.Event) {
        let (level, text, name, reason): (Logger.Level, String, String, String?) =
            switch event {
            case .appeared(let name): (.info, "An address of an upstream appeared", name, nil)
            case .disappeared(let name): (.info, "An address of an upstream disappeared", name, nil)
            case .ejected(let name, let cause):
                (.warning, "An address of an upstream is left out", name, cause.rawValue)
            case .returned(let name): (.info, "An address of an upstream is used again", name, nil)
            case .checkedHealthy(let name): (.info, "An address of an upstream is healthy", name, nil)
            case .checkedUnhealthy(let name): (.warning, "An address of an upstream is unhealthy", name, nil)
            }
        if case .ejected(_, let cause) = event { metrics.ejected(cause) }
        var metadata: Logger.Metadata = ["upstream": .string(configuration.name), "address": .string(name)]
        metadata["reason"] = reason.map { .string($0) }
        surroundings.logger.log(level: level, Logger.Message(stringLiteral: text), metadata: metadata)
    }
}
