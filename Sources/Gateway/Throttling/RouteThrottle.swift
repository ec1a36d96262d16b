import HTTP
import HTTPTypes
import Sockets
import Spans
import Synchronization

/// The places that a request of a route needs: one of the route and one of its upstream, as far as they are limited.
final class RouteThrottle: Sendable {
    let priority: Priority
    private let route: Throttle?
    private let upstream: Throttle?

    /// - Returns: `nil` when nothing is limited.
    init?(priority: Priority, route: Throttle?, upstream: Throttle?) {
        guard route != nil || upstream != nil else { return nil }
        self.priority = priority
        self.route = route
        self.upstream = upstream
    }

    /// Takes the places of a request; each success is to be followed by ``hold(_:)`` or ``leave()``.
    ///
    /// The route's place comes first, for everybody: two who need the same places never wait for each other.
    ///
    /// - Throws: `Problem` 503 when there are none in time.
    nonisolated(nonsending) func enter(_ context: RequestContext) async throws {
        guard let loop = context.loop ?? EventLoop.current else { throw Problem.internalError }
        if let route, await !enter(route, context, loop) { throw Self.refusal(context) }
        if let upstream, await !enter(upstream, context, loop) {
            route?.leave()
            throw Self.refusal(context)
        }
    }

    /// A wait, and nothing but a wait, is a span.
    nonisolated(nonsending) private func enter(
        _ throttle: Throttle, _ context: RequestContext, _ loop: EventLoop
    ) async -> Bool {
        if throttle.tryEnter() { return true }
        let span = context.trace?.begin(.admission) ?? -1
        let isAdmitted = await throttle.enter(priority, loop: loop)
        if isAdmitted { context.trace?.end(span) } else { context.trace?.end(span, failedBy: "shed") }
        return isAdmitted
    }

    /// Gives the places back.
    func leave() {
        upstream?.leave()
        route?.leave()
    }

    /// Gives the places back once the answer needs nothing behind the gateway any more: a body that is here already does
    /// not, a streamed one and a tunnel keep them to their end.
    func hold(_ response: inout Response) {
        switch response.body {
        case .empty, .bytes: leave()
        case .stream(let length, let produce):
            let stay = Stay(self)
            response.body = .stream(length: length) { writer in
                defer { stay.end() }
                try await produce(writer)
            }
        case .tunnel(let serve):
            let stay = Stay(self)
            response.body = .tunnel { client in
                defer { stay.end() }
                try await serve(client)
            }
        }
    }

    private static func refusal(_ context: RequestContext) -> Problem {
        context.reason = "throttled"
        return Problem(
            .serviceUnavailable, "overloaded", detail: "There is more to do than can be done now; try again.",
            fields: [.retryAfter: "1"])
    }
}

/// The places of one streamed answer. They are given back once: when the body is over or has failed, and at the latest
/// when nobody can ask for it any more (an answer to HEAD, a client that has gone).
private final class Stay: Sendable {
    private let throttle: RouteThrottle
    private let isOver = Atomic(false)

    init(_ throttle: RouteThrottle) { self.throttle = throttle }

    deinit { end() }

    func end() {
        if !isOver.exchange(true, ordering: .acquiringAndReleasing) { throttle.leave() }
    }
}
