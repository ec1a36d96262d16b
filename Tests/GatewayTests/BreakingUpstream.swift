import HTTP
import Sockets
import Synchronization

/// A server that reads each request and then hangs up without a word, as often as it is told; after that it answers 200.
final class BreakingUpstream: Sendable {
    private let state: Mutex<(breaks: Int, requests: Int)>
    private let loop: EventLoop
    private let listener: Listener

    init(breaking times: Int, on loop: EventLoop) async throws {
        state = Mutex((times, 0))
        self.loop = loop
        let listener = try await loop.run {
            try Listener(.loopback(port: 0), on: loop, sharesPort: false, backlog: 16)
        }
        self.listener = listener
        loop.spawn { [self] in
            while let connection = try? await listener.accept() {
                guard let socket = try? connection.open(on: loop) else { continue }
                loop.spawn { [self] in await serve(socket) }
            }
        }
    }

    var port: Int { listener.address.port }
    var requests: Int { state.withLock { $0.requests } }

    func stop() async { await loop.run { listener.close() } }

    private func serve(_ socket: Socket) async {
        while await socket.fill() == .ready {
            // Requests of the tests are short: one read, one request.
            socket.input.removeAll()
            let hangsUp = state.withLock { state in
                state.requests += 1
                state.breaks -= 1
                return state.breaks >= 0
            }
            if hangsUp { break }
            socket.output.append("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            guard await socket.flush() == .ready else { break }
        }
        socket.close()
    }
}
