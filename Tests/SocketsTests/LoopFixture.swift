import Sockets
import TestSupport
import Testing

/// Runs `body` with a group of its own, and shuts it down afterwards, whatever happened.
///
/// `body` runs on a loop that is nobody else's: it may block there, as raw clients do, without holding up other tests.
func withGroup(
    _ readiness: Readiness, loops: Int = 2, _ body: (EventLoopGroup) async throws -> Void
) async throws {
    let group = try EventLoopGroup(count: loops, readiness: readiness)
    let own = try EventLoopGroup(count: 1)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await withTaskExecutorPreference(own.loops[0]) { try await body(group) })
    } catch {
        outcome = .failure(error)
    }
    await group.shutdown()
    await own.shutdown()
    try outcome.get()
}

/// A listener on a port of the system's choice whose connections are each served by `serve` in a task of their own.
func startServer(
    on loop: EventLoop, address: String = "127.0.0.1", _ serve: @escaping @Sendable (Socket) async -> Void
) async throws -> Listener {
    let address = try #require(SocketAddress(ip: address, port: 0))
    return try await loop.run {
        let listener = try Listener(address, on: loop)
        loop.spawn {
            while let connection = try? await listener.accept() {
                guard let socket = try? connection.open(on: loop) else { continue }
                loop.spawn {
                    await serve(socket)
                    socket.close()
                }
            }
        }
        return listener
    }
}

/// Sends everything back until the peer closes.
@Sendable func echo(_ socket: Socket) async {
    while await socket.fill() == .ready {
        socket.output.append(socket.input.readable)
        socket.input.removeAll()
        guard await socket.flush() == .ready else { return }
    }
}

/// Reads exactly `count` bytes.
func read(_ count: Int, from socket: Socket) async throws -> [UInt8] {
    while socket.input.count < count { try await socket.fill().check() }
    return socket.input.take(count)
}

/// A value that tasks of a test share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Locked<Value>

    init(_ value: Value) { self.value = Locked(value) }

    func withLock<T>(_ body: (inout Value) -> T) -> T { value.withLock(body) }
}
