import HTTPTypes
import Sockets

/// A request body, read from the connection only as fast as the handler asks for it.
///
/// `@unchecked Sendable`: used by the connection's task alone, on its loop; once the answer is complete it is detached
/// and reads nothing more, whoever kept it.
final class ServerRequestBody: RequestBodySource, @unchecked Sendable {
    let knownLength: Int?
    var limit: Int
    /// Bytes of body so far, without framing.
    private(set) var received = 0
    /// True when the last byte has been handed out or dropped.
    private(set) var isComplete = false

    private let socket: Socket
    private let times: ServerTimes
    private let minimumRate: Int
    private var decoder: BodyDecoder
    private var owesContinue: Bool
    private var isDetached = false
    private var failure: Problem?
    // How long the peer may send nothing, in milliseconds, in place of the minimum rate.
    private var longestPause: UInt64?
    /// Why the body could not be read, for the log: a stable word.
    private(set) var failureReason: String?
    // Milliseconds that were spent waiting for the peer; time the handler takes is not the peer's.
    private var waited: UInt64 = 0

    /// Room for a read while a long body comes in, in bytes.
    private static let longRead = 64 << 10

    init(_ socket: Socket, _ head: RequestHead, _ core: ServerCore) {
        self.socket = socket
        times = core.times
        minimumRate = max(1, core.configuration.bodyMinimumRate)
        limit = core.configuration.bodyLimit
        decoder = BodyDecoder(head.framing)
        owesContinue = head.expectsContinue && head.minorVersion > 0
        if case .length(let length) = head.framing { knownLength = length } else { knownLength = nil }
    }

    var trailers: HTTPFields { decoder.trailers }

    func allowPauses(of longest: Duration) { longestPause = longest.milliseconds }

    func next() async throws -> [UInt8]? {
        if let failure { throw failure }
        if isDetached { throw Problem.bodyDetached }
        if let knownLength, knownLength > limit { throw fail(.bodyTooLarge(limit: limit)) }
        while !isComplete {
            switch decoder.next(socket.input.readable) {
            case .needMore(let consumed):
                socket.input.consume(consumed)
                try await fill()
            case .data(let skip, let count):
                socket.input.consume(skip)
                received += count
                if received > limit { throw fail(.bodyTooLarge(limit: limit)) }
                return socket.input.take(count)
            case .end(let consumed):
                socket.input.consume(consumed)
                isComplete = true
            case .failed(let error): throw fail(error.problem, reason: error.reason)
            }
        }
        return nil
    }

    /// Drops what has arrived already. True when that was the rest, so that the connection can go on.
    func skipBuffered() -> Bool {
        while !isComplete, failure == nil {
            switch decoder.next(socket.input.readable) {
            case .needMore(let consumed):
                socket.input.consume(consumed)
                return false
            case .data(let skip, let count):
                socket.input.consume(skip + count)
                received += count
            case .end(let consumed):
                socket.input.consume(consumed)
                isComplete = true
            case .failed: return false
            }
        }
        return isComplete
    }

    /// Ends the body's access to the connection, which goes on to the next request.
    func detach() { isDetached = true }

    private func fill() async throws {
        if owesContinue {
            owesContinue = false
            ResponseWriter.appendContinue(to: socket.output)
            if await socket.flush() != .ready { throw fail(.bodyCutOff, reason: "body_cut_off") }
        }
        if let knownLength, knownLength - received > Self.longRead { socket.input.reserve(Self.longRead) }
        let start = socket.loop.now
        socket.readDeadline = start &+ (longestPause ?? patience)
        let result = await socket.fill()
        waited &+= socket.loop.now &- start
        switch result {
        case .ready: return
        case .timedOut: throw fail(.bodyTooSlow, reason: "body_too_slow")
        case .endOfStream, .closed: throw fail(.bodyCutOff, reason: "body_cut_off")
        }
    }

    /// What the minimum rate leaves the peer to keep us waiting, in milliseconds.
    private var patience: UInt64 {
        let allowance = times.bodyGrace &+ UInt64(received) &* 1000 / UInt64(minimumRate)
        return allowance &- min(waited, allowance)
    }

    private func fail(_ problem: Problem, reason: String? = nil) -> Problem {
        failure = problem
        failureReason = reason ?? problem.code
        return problem
    }
}

extension Problem {
    static let bodyTooSlow = Problem(
        .requestTimeout, "request_timeout", detail: "The body of the request came too slowly.")
    static let bodyCutOff = Problem(
        .badRequest, "malformed_request", detail: "The connection ended before the body did.")
    static let bodyDetached = Problem(
        .internalServerError, "internal_error", detail: "The body was read after the request was answered.")
}
