public import HTTP
import Sockets
import Synchronization

/// The gateway that serves now, and the place where a reloaded configuration takes over.
///
/// Each event loop holds the gateway for itself, so that looking it up costs an uncontended lock and no shared cache
/// line. A request keeps the gateway that it began with to its end.
public final class LiveGateway: Sendable {
    private final class Slot: Sendable {
        let gateway: Mutex<Gateway>

        init(_ gateway: Gateway) { self.gateway = Mutex(gateway) }
    }

    private let slots: [Slot]

    init(_ gateway: Gateway, loopCount: Int) {
        slots = (0..<max(1, loopCount)).map { _ in Slot(gateway) }
    }

    /// The gateway that new requests get.
    var current: Gateway { slots[0].gateway.withLock { $0 } }

    /// From now on new requests get `gateway`.
    func replace(by gateway: Gateway) {
        for slot in slots { slot.gateway.withLock { $0 = gateway } }
    }

    /// Answers a request.
    ///
    /// - Throws: `Problem` for everything that the gateway refuses or that fails behind it.
    @Sendable public func handle(_ request: Request) async throws -> Response {
        let slot = slots[(request.context.loop?.index ?? 0) % slots.count]
        return try await slot.gateway.withLock { $0 }.handle(request)
    }
}
