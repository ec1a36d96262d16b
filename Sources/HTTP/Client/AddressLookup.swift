import Sockets

/// One request's wait for the addresses of its host: until they are there, its deadline passes or its task is cancelled.
///
/// The system's resolver can neither be hurried nor cancelled, so the look-up is left behind; its answer still serves
/// later requests. `@unchecked Sendable`: confined to the loop's thread.
final class AddressLookup: @unchecked Sendable {
    typealias Outcome = Result<[SocketAddress], HTTPClientError>

    private var continuation: UnsafeContinuation<Outcome, Never>?
    private var outcome: Outcome?

    /// Runs on `loop`, whose clock `deadline` is given in.
    static func addresses(
        of endpoint: Endpoint, by resolver: Resolver, until deadline: UInt64, on loop: EventLoop
    ) async throws(HTTPClientError) -> [SocketAddress] {
        let lookup = AddressLookup()
        Task {
            let addresses = try? await resolver.resolve(endpoint)
            loop.execute { lookup.finish(addresses.map { .success($0) } ?? .failure(.resolution(host: endpoint.host))) }
        }
        let timer = loop.schedule(at: deadline) { lookup.finish(.failure(.deadlineExceeded(.connection))) }
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { lookup.wait($0) }
        } onCancel: {
            loop.execute { lookup.finish(.failure(.cancelled(sent: false))) }
        }
        loop.cancel(timer)
        return try outcome.get()
    }

    private func wait(_ continuation: UnsafeContinuation<Outcome, Never>) {
        if let outcome { return continuation.resume(returning: outcome) }
        self.continuation = continuation
    }

    /// The first outcome counts.
    private func finish(_ outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        continuation?.resume(returning: outcome)
        continuation = nil
    }
}
