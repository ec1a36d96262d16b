import Sockets
import Synchronization

/// An upstream that writes down the exact bytes that reach it, connection by connection, and answers each request that
/// they complete, rightly or as wrongly as it is told.
final class WireRecorder: Sendable {
    /// What is sent for one request.
    struct Reply: Sendable {
        var bytes: [UInt8]
        /// Whether the connection is closed behind them.
        var closes = false
        /// Sent when the connection is idle again: nobody has asked for it.
        var afterthought: [UInt8] = []

        init(_ text: String, closes: Bool = false, afterthought: String = "") {
            bytes = latin1(text)
            self.closes = closes
            self.afterthought = latin1(afterthought)
        }

        /// 200 with the target as its body: so a client sees whose answer it was given.
        static func echo(_ message: WireMessage) -> Reply {
            let text = "\(message.method) \(message.target)"
            let body = message.method == "HEAD" ? "" : text
            return Reply("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(body)")
        }
    }

    /// One connection.
    struct Recording: Sendable {
        var bytes: [UInt8] = []
        var messages: [WireMessage] = []
        /// Why the bytes are not well-formed.
        var malformed: String?
        /// Whether there are bytes behind the last complete message.
        var hasRest = false
        var isOver = false
    }

    typealias Answer = @Sendable (WireMessage) -> Reply
    /// An answer to a head alone, while its body is still to come.
    typealias EarlyAnswer = @Sendable (_ head: String) -> Reply?

    private let state = Mutex<[Recording]>([])
    private let answer: Answer
    private let early: EarlyAnswer
    private let listener: Listener
    private let loop: EventLoop

    init(
        on loop: EventLoop, answer: @escaping Answer = Reply.echo, early: @escaping EarlyAnswer = { _ in nil }
    ) async throws {
        self.loop = loop
        self.answer = answer
        self.early = early
        listener = try await loop.run {
            try Listener(.loopback(port: 0), on: loop, sharesPort: false, backlog: 64)
        }
        loop.spawn { [self] in
            while let connection = try? await listener.accept() {
                guard let socket = try? connection.open(on: loop) else { continue }
                let index = state.withLock { recordings in
                    recordings.append(Recording())
                    return recordings.count - 1
                }
                loop.spawn { [self] in await serve(socket, index) }
            }
        }
    }

    var port: Int { listener.address.port }
    var recordings: [Recording] { state.withLock { $0 } }
    /// All complete requests, in the order of their connections.
    var messages: [WireMessage] { recordings.flatMap(\.messages) }

    /// Forgets the messages so far; what connections said stays with them.
    func forget() {
        state.withLock { recordings in
            for index in recordings.indices { recordings[index].messages = [] }
        }
    }

    func stop() async { await loop.run { listener.close() } }

    private func serve(_ socket: Socket, _ index: Int) async {
        var unread: [UInt8] = []
        receiving: while await socket.fill() == .ready {
            let bytes = socket.input.take(socket.input.count)
            unread += bytes
            state.withLock { $0[index].bytes += bytes }
            do throws(WireMessage.Malformed) {
                while let (message, count) = try WireMessage.read(unread[...]) {
                    unread.removeFirst(count)
                    state.withLock { $0[index].messages.append(message) }
                    let reply = answer(message)
                    socket.output.append(reply.bytes)
                    guard await socket.flush() == .ready, !reply.closes else { break receiving }
                    if !reply.afterthought.isEmpty {
                        await loop.sleep(for: .milliseconds(50))
                        socket.output.append(reply.afterthought)
                        _ = await socket.flush()
                    }
                }
                if let reply = earlyAnswer(to: unread) {
                    socket.output.append(reply.bytes)
                    guard await socket.flush() == .ready, !reply.closes else { break }
                }
            } catch {
                state.withLock { $0[index].malformed = error.description }
                break
            }
            state.withLock { $0[index].hasRest = !unread.isEmpty }
        }
        state.withLock { $0[index].isOver = true }
        socket.close()
    }
}

extension WireRecorder {
    private func earlyAnswer(to unread: [UInt8]) -> Reply? {
        guard let end = unread.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
        return early(String(decoding: unread[..<end], as: UTF8.self))
    }
}

/// The bytes of a text of characters up to U+00FF: one byte each.
func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }
