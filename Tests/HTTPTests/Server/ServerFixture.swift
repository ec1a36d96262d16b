import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// A server under test and what it told its observer.
struct RunningServer: Sendable {
    let server: HTTPServer
    let port: Int
    let log: ExchangeLog

    func connect() throws -> RawClient { try RawClient(port: port) }

    /// Sends `text` and returns everything until the server closes.
    func exchange(_ text: String) throws -> String {
        let client = try connect()
        try client.send(text)
        return try client.readTextToEnd()
    }
}

/// What was left of an exchange when it was over.
struct LoggedExchange: Sendable, Equatable {
    var method: String?
    var target: String?
    var status: Int
    var received: Int
    var sent: Int
    var reason: String?
    var isTruncated: Bool
}

/// Collects completed exchanges.
final class ExchangeLog: HTTPServerObserver {
    private let exchanges = Locked<[LoggedExchange]>([])

    var all: [LoggedExchange] { exchanges.withLock { $0 } }

    func completed(_ exchange: borrowing CompletedExchange) {
        let head = exchange.head
        let logged = LoggedExchange(
            method: head?.method.rawValue, target: head.map { $0.string($0.target) }, status: exchange.status.code,
            received: exchange.bytesReceived, sent: exchange.bytesSent, reason: exchange.context.reason,
            isTruncated: exchange.isTruncated)
        exchanges.withLock { $0.append(logged) }
    }
}

/// Runs `body` against a server of its own on a port of the system's choice, and ends it afterwards.
///
/// `body` runs on a loop that is nobody else's: it may block there, as raw clients do, without holding up other tests.
func withServer(
    _ readiness: Readiness = .preferred, loops: Int = 1, _ configuration: HTTPServerConfiguration = .init(),
    handler: @escaping Handler = testHandler, _ body: (RunningServer) async throws -> Void
) async throws {
    let group = try EventLoopGroup(count: loops, readiness: readiness)
    let own = try EventLoopGroup(count: 1)
    let log = ExchangeLog()
    let server = HTTPServer(configuration: configuration, group: group, observer: log, handler: handler)
    let outcome: Result<Void, any Error>
    do {
        let address = try await server.start(host: "127.0.0.1", port: 0)
        let running = RunningServer(server: server, port: address.port, log: log)
        outcome = .success(try await withTaskExecutorPreference(own.loops[0]) { try await body(running) })
    } catch {
        outcome = .failure(error)
    }
    await server.shutdown(grace: .zero)
    await group.shutdown()
    await own.shutdown()
    try outcome.get()
}

/// Runs blocking `work` on a thread of its own: tests that depend on time must not wait for a busy pool.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await BlockingPool(name: "test", width: 1, queueLimit: 0).run(work)
}

/// Routes of the tests.
@Sendable func testHandler(_ request: Request) async throws -> Response {
    switch request.path {
    case "/fixed": return .text("fixed")
    case "/echo": return .text(String(decoding: try await request.body.collect(), as: UTF8.self))
    case "/early": return .text("early")
    case "/abandoned": throw AbandonedExchange("abandoned")
    case "/count":
        var count = 0
        while let bytes = try await request.body.next() { count += bytes.count }
        return .text("\(count) \(request.body.trailers.count)")
    case "/nothing": return .empty()
    case "/problem": throw Problem(.conflict, "state_conflict", detail: "No.", fields: [.retryAfter: "7"])
    case "/error": throw UnexpectedError()
    case "/stream": return streamed(length: nil, pieces: ["one", "two", "three"], trailers: [.eTag: "\"x\""])
    case "/sized": return streamed(length: 6, pieces: ["abc", "def"])
    case "/short": return streamed(length: 10, pieces: ["abc"])
    case "/long": return streamed(length: 3, pieces: ["abc", "d"])
    case "/failing":
        return Response(
            body: .stream(length: nil) { writer in
                try await writer.write("begun")
                throw UnexpectedError()
            })
    case "/big": return Response(body: .bytes([UInt8](repeating: 0x62, count: 3_000_000)))
    default: throw Problem.notFound
    }
}

struct UnexpectedError: Error, CustomStringConvertible { var description: String { "wires crossed" } }

func streamed(length: Int?, pieces: [String], trailers: HTTPFields = [:]) -> Response {
    Response(
        body: .stream(length: length) { writer in
            for piece in pieces { try await writer.write(piece) }
            if !trailers.isEmpty { writer.setTrailers(trailers) }
        })
}

extension String {
    /// The first line.
    var statusLine: Substring { prefix { $0 != "\r\n" } }
    /// What follows the empty line.
    var answerBody: String { firstRange(of: "\r\n\r\n").map { String(self[$0.upperBound...]) } ?? "" }

    /// The value of a field of the head; nil when there is no such line.
    func field(_ name: String) -> String? {
        let head = self[..<(firstRange(of: "\r\n\r\n")?.lowerBound ?? endIndex)]
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }
}
