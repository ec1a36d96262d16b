import HTTP
import Sockets
import Synchronization

/// A receiver of webhooks that answers what a test tells it to, byte by byte.
final class Receiver: Sendable {
    enum Behaviour: Sendable {
        /// Sends these bytes, and closes.
        case answer(String)
        /// Sends these bytes, and then nothing more.
        case hang(after: String)
        /// Sends these bytes one by one, with a pause before each.
        case drip(String, pause: Duration)
        /// Sends a head and bytes without end.
        case flood
    }

    private let group: EventLoopGroup
    private let listener: Listener
    private let behaviour: Mutex<Behaviour>
    private let received = Collected<String>()

    static let ok = Behaviour.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    init(_ behaviour: Behaviour = ok) async throws {
        self.behaviour = Mutex(behaviour)
        group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let listener = try await loop.run {
            try Listener(.loopback(port: 0), on: loop, sharesPort: false, backlog: 64)
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
    /// Whole requests, head and body.
    var requests: [String] { received.all }

    func set(_ behaviour: Behaviour) { self.behaviour.withLock { $0 = behaviour } }

    func stop() async {
        let listener = listener
        await group.loops[0].run { listener.close() }
        await group.shutdown()
    }

    private func serve(_ socket: Socket) async {
        defer { socket.close() }
        var text = ""
        while !Self.isComplete(text) {
            guard await socket.fill() == .ready else { return }
            text += String(decoding: socket.input.readable, as: UTF8.self)
            socket.input.removeAll()
        }
        received.append(text)
        switch behaviour.withLock({ $0 }) {
        case .answer(let answer):
            socket.output.append(answer)
            _ = await socket.flush()
        case .hang(let answer):
            socket.output.append(answer)
            guard await socket.flush() == .ready else { return }
            // Until the client has had enough.
            while await socket.fill() == .ready { socket.input.removeAll() }
        case .drip(let answer, let pause):
            for byte in answer.utf8 {
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                socket.output.append([byte])
                guard await socket.flush() == .ready else { return }
            }
        case .flood:
            socket.output.append("HTTP/1.1 200 OK\r\n\r\n")
            repeat { socket.output.append(String(repeating: "x", count: 65_536)) } while await socket.flush() == .ready
        }
    }

    private static func isComplete(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n").first {
            $0.hasPrefix("content-length:")
        }
        .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) }
        return text[end.upperBound...].utf8.count >= length ?? 0
    }
}
