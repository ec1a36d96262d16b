import HTTP
import Sockets
import Synchronization

/// A server that reads each request and then hangs up without a word, as often as it is told; after that it answers 200,
/// or whatever it is told to answer to the request of that number.
final class BreakingUpstream: Sendable {
    private let state: Mutex<(breaks: Int, requests: Int)>
    private let loop: EventLoop
    private let listener: Listener
    private let answer: @Sendable (Int) -> String

    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// - Parameter answer: The answer to a request by its number, from 1; an empty one hangs up.
    init(
        breaking times: Int, on loop: EventLoop, answer: @escaping @Sendable (Int) -> String = { _ in ok }
    ) async throws {
        self.answer = answer
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
            let (number, hangsUp) = state.withLock { state in
                state.requests += 1
                state.breaks -= 1
                return (state.requests, state.breaks >= 0)
            }
            let text = answer(number)
            if hangsUp || text.isEmpty { break }
            socket.output.append(text)
            guard await socket.flush() == .ready else { break }
        }
        socket.close()
    }
}
