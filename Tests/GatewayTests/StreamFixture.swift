import HTTP
import HTTPTypes
import Sockets
import Synchronization
import TestSupport

@testable import Gateway

/// A service that answers as its handler says, streams and tunnels included.
struct StreamingService: Sendable {
    let server: HTTPServer
    let port: Int

    /// Runs `body` with a gateway in front of `handler`; `SERVICE` in the file is the service's URL.
    static func run(
        _ yaml: String, handler: @escaping Handler, _ body: @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1)
        let own = try EventLoopGroup(count: 1)
        let server = HTTPServer(group: group, handler: handler)
        let outcome: Result<Void, any Error>
        do {
            let address = try await server.start(host: "127.0.0.1", port: 0)
            let file = yaml.replacing("SERVICE", with: "http://127.0.0.1:\(address.port)")
            // The body may block, as raw clients do: it has a thread of its own.
            outcome = .success(
                try await GatewayFixture.run(file) { gateway in
                    try await withTaskExecutorPreference(own.loops[0]) { try await body(gateway) }
                })
        } catch {
            outcome = .failure(error)
        }
        await server.shutdown(grace: .zero)
        await group.shutdown()
        await own.shutdown()
        try outcome.get()
    }

    /// One upstream with short times, and a route of each kind.
    static func yaml(total: String = "1500ms", idle: String = "30s", more: String = "") -> String {
        """
        upstreams:
          users:
            url: ${USERS}
          service:
            url: SERVICE
            audience: none
            timeouts: { connect: 1s, per_try: \(total), total: \(total), idle: \(idle) }
            retries: { attempts: 0 }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        routes:
          - { name: streams, path: /streams/*, upstream: service, auth: public, streaming: true, body_limit: 1GiB }
          - { name: plain, path: /plain/*, upstream: service, auth: public }
          - { name: sockets, path: /sockets/*, upstream: service, auth: public, websocket: true }
          - { name: closed, path: /closed/*, upstream: service, websocket: true, scopes: [users:read] }
        \(more)
        """
    }
}

/// Bytes that depend on their position alone, so that a lost, doubled or exchanged piece shows.
enum Pattern {
    /// The bytes of a stream from `offset` on.
    static func bytes(_ count: Int, from offset: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            for index in 0..<count {
                let position = offset &+ index
                buffer[index] = UInt8(truncatingIfNeeded: position ^ (position >> 8) &* 31 ^ (position >> 16) &* 7)
            }
            length = count
        }
    }
}

/// A number that several threads see.
final class Progress: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .sequentiallyConsistent) }

    func add(_ amount: Int) { value.add(amount, ordering: .sequentiallyConsistent) }

    /// Waits until nothing has been added for a while: whoever adds has to wait for somebody else.
    func hasStopped() async throws -> Int {
        var (last, since) = (count, ContinuousClock.now)
        try await waitUntil("nothing moves any more", timeout: .seconds(60)) {
            let now = count
            if now != last { (last, since) = (now, .now) }
            return now > 0 && ContinuousClock.now - since > .milliseconds(500)
        }
        return last
    }
}

/// Something that is waited for by those who come before it opens, and by nobody later.
final class Barrier: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// Runs blocking `work` on a thread of its own.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await BlockingPool(name: "test", width: 1, queueLimit: 0).run(work)
}

extension RawClient {
    /// Reads exactly `count` bytes and compares them with ``Pattern``; returns how many were as they should be.
    func readPattern(_ count: Int) throws -> Int {
        var read = 0
        while read < count {
            let piece = try self.read(upTo: min(65_536, count - read))
            guard !piece.isEmpty, piece == Pattern.bytes(piece.count, from: read) else { return read }
            read += piece.count
        }
        return read
    }
}
