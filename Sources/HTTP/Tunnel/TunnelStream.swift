import Sockets

/// One end of a tunnel: the bytes of a connection whose protocol was switched (RFC 9110 section 7.8).
///
/// Nothing looks into the bytes. One task may read while another one writes, both on the connection's loop.
///
/// `@unchecked Sendable`: confined to the loop of its socket.
public final class TunnelStream: @unchecked Sendable {
    /// Told of the bytes that pass; set before the first of them.
    public var meter: (any TunnelMeter)?

    let socket: Socket
    /// How long nothing may pass in either direction, in milliseconds.
    var idle: UInt64
    /// Shared by the two ends of a relay: a tunnel is idle when both directions are.
    var activity: TunnelActivity
    /// The other end of a relay.
    weak var partner: TunnelStream?
    /// Whether it is being ended from this side: what still comes is dropped.
    private(set) var isEnding = false
    private var endsAt: UInt64 = .max
    private var reservesMore = false

    /// The most bytes that are read at a time, and so the most that one direction holds.
    private static let readSize = 64 << 10
    /// How long a tunnel has to be silent to be ended without haste, in milliseconds.
    private static let quiet: UInt64 = 100

    /// Takes over `socket`, which whoever made it closes.
    init(_ socket: Socket, idle: UInt64) {
        self.socket = socket
        self.idle = idle
        activity = TunnelActivity(last: socket.loop.now)
        socket.totalDeadline = .max
    }

    // MARK: - For handlers

    /// The next bytes, never empty; nil when the peer has sent its last one.
    /// - Throws: ``TunnelError``.
    public func read() async throws(TunnelError) -> [UInt8]? {
        switch await receive() {
        case .ready: return socket.input.take(socket.input.count)
        case .endOfStream: return nil
        case .timedOut: throw .idle
        case .closed: throw .clientGone
        }
    }

    /// Sends bytes; returns when there is room for more.
    /// - Throws: ``TunnelError``.
    public func write(_ bytes: [UInt8]) async throws(TunnelError) {
        socket.output.append(bytes)
        switch await send() {
        case .ready: return
        case .timedOut: throw .idle
        case .closed, .endOfStream: throw .clientGone
        }
    }

    /// Says that no byte will follow; reading goes on.
    public func endWriting() { socket.shutdownWrite() }

    // MARK: - For relays

    /// Waits until there are bytes in the socket's input.
    func receive() async -> IOResult {
        while socket.input.isEmpty {
            socket.readDeadline = min(activity.last &+ idle, endsAt)
            if reservesMore { socket.input.reserve(Self.readSize) }
            guard let result = socket.fillNow() else {
                // An idle tunnel holds no memory.
                socket.releaseBuffers()
                reservesMore = false
                await socket.waitReadable()
                continue
            }
            if result == .timedOut, !isOver() { continue }
            guard result == .ready else { return result }
        }
        reservesMore = socket.input.count >= BufferPool.blockSize
        activity.last = socket.loop.now
        meter?.received(socket.input.count)
        return .ready
    }

    /// Whether the time for the next byte is over. A peer that takes its bytes bit by bit is not idle, though no write
    /// is complete.
    private func isOver() -> Bool {
        let now = socket.loop.now
        if activity.advance(to: socket.bytesTaken &+ (partner?.socket.bytesTaken ?? 0)) { activity.last = now }
        return now >= min(activity.last &+ idle, endsAt)
    }

    /// Sends the socket's output.
    func send() async -> IOResult {
        let before = socket.bytesSent
        let result = if let done = socket.flushNow() { done } else { await socket.flush() }
        activity.last = socket.loop.now
        meter?.sent(socket.bytesSent - before)
        return result
    }

    // MARK: - Ending

    /// Ends the tunnel in a moment of quiet, or at once when it is late: a FIN to both sides, which then have `linger`
    /// milliseconds to say good-bye.
    func end(isLate: Bool, linger: UInt64) {
        let now = socket.loop.now
        guard !isEnding, isLate || now &- activity.last >= Self.quiet else { return }
        for stream in [self, partner].compactMap(\.self) { stream.beginEnding(until: now &+ linger) }
    }

    private func beginEnding(until time: UInt64) {
        isEnding = true
        endsAt = time
        socket.readDeadline = time
        if socket.output.isEmpty { socket.shutdownWrite() }
    }
}

/// When something passed last, in milliseconds of the loop's clock. Confined to the loop, as the streams that share it.
final class TunnelActivity {
    var last: UInt64
    private var taken = 0

    init(last: UInt64) { self.last = last }

    /// Whether more bytes were taken by the peers than when this was asked last.
    func advance(to total: Int) -> Bool {
        defer { taken = total }
        return total != taken
    }
}

/// Counts the bytes of a tunnel, as its client sends and receives them.
public protocol TunnelMeter: AnyObject, Sendable {
    /// Bytes from the client.
    func received(_ count: Int)
    /// Bytes to the client.
    func sent(_ count: Int)
}

/// Why a tunnel ended before both sides had said good-bye.
public enum TunnelError: Error, Sendable, CustomStringConvertible {
    /// The connection to the client broke, or the client took its bytes too slowly.
    case clientGone
    /// The connection to the other side broke, or it took its bytes too slowly.
    case upstreamGone
    /// Nothing passed in either direction for too long.
    case idle
    /// The server shut down.
    case drained

    /// A stable word, for logs.
    public var description: String {
        switch self {
        case .clientGone: "client_gone"
        case .upstreamGone: "upstream_gone"
        case .idle: "tunnel_idle"
        case .drained: "drained"
        }
    }
}
