import HTTPTypes
import Sockets

/// Why a streamed answer was cut off.
enum ResponseStreamError: Error, CustomStringConvertible {
    case peerGone
    case peerTooSlow
    case moreThanAnnounced
    case lessThanAnnounced

    /// A stable word, for logs.
    var description: String {
        switch self {
        case .peerGone: "client_gone"
        case .peerTooSlow: "client_too_slow"
        case .moreThanAnnounced: "answer_too_long"
        case .lessThanAnnounced: "answer_too_short"
        }
    }
}

/// A streamed answer's way to the socket: each write is sent at once, as a chunk where the length was not announced.
///
/// `@unchecked Sendable`: used by the connection's task alone, on its loop.
final class ServerResponseSink: ResponseBodySink, @unchecked Sendable {
    private let socket: Socket
    private let framing: BodyFraming
    private var trailers: HTTPFields = [:]
    /// Bytes of body so far.
    private(set) var sent = 0

    /// Pieces up to this size are copied into the buffer; longer ones are sent from where they are.
    private static let copyLimit = 16 << 10

    init(_ socket: Socket, _ framing: BodyFraming) {
        self.socket = socket
        self.framing = framing
    }

    func write(_ bytes: [UInt8]) async throws {
        if case .length(let announced) = framing, sent + bytes.count > announced {
            throw ResponseStreamError.moreThanAnnounced
        }
        sent += bytes.count
        if framing == .chunked {
            ChunkedEncoder.append(bytes, to: socket.output)
            try await flush()
        } else if bytes.count <= Self.copyLimit {
            socket.output.append(bytes)
            try await flush()
        } else {
            try check(await socket.flush(followedBy: bytes))
        }
    }

    func flush() async throws {
        if let result = socket.flushNow() { return try check(result) }
        try check(await socket.flush())
    }

    func setTrailers(_ fields: HTTPFields) { trailers = fields }

    /// Ends the body: the last chunk with its trailers, or the proof that all announced bytes were written.
    func finish() async throws {
        switch framing {
        case .length(let announced) where sent < announced: throw ResponseStreamError.lessThanAnnounced
        case .chunked: ChunkedEncoder.appendEnd(trailers: trailers, to: socket.output)
        default: break
        }
        try await flush()
    }

    private func check(_ result: IOResult) throws(ResponseStreamError) {
        switch result {
        case .ready: return
        case .timedOut: throw .peerTooSlow
        case .closed, .endOfStream: throw .peerGone
        }
    }
}
