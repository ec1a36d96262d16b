import HTTP
import HTTPTypes
import Sockets
import Synchronization

/// A server of the test: keeps the fields of each request, and answers 204 as soon as it is let.
final class CapturingServer: Sendable {
    private struct State {
        var fields: [HTTPFields] = []
        var isHolding = false
    }

    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    private let state: Shared
    private let group: EventLoopGroup
    private let server: HTTPServer
    let port: Int

    /// The fields of what has come, in its order.
    var fields: [HTTPFields] { state.value.withLock { $0.fields } }

    init() async throws {
        let state = Shared()
        group = try EventLoopGroup(count: 1)
        server = HTTPServer(group: group) { request in
            _ = try await request.body.collect()
            let fields = request.fields
            state.value.withLock { $0.fields.append(fields) }
            while state.value.withLock({ $0.isHolding }) { try await Task.sleep(for: .milliseconds(5)) }
            return .empty(.noContent)
        }
        port = try await server.start(host: "127.0.0.1", port: 0).port
        self.state = state
    }

    /// Whether what comes has to wait for its answer.
    func hold(_ holds: Bool) { state.value.withLock { $0.isHolding = holds } }

    func stop() async {
        hold(false)
        await server.shutdown(grace: .zero)
        await group.shutdown()
    }
}
