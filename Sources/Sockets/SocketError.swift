#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Why a socket could not be made, bound, connected or used.
public enum SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another socket listens on the address.
    case addressInUse(SocketAddress)
    /// Nobody listens at the address; no byte was sent.
    case connectionRefused(SocketAddress)
    /// The connection did not stand within its time; no byte was sent.
    case connectTimeout(SocketAddress)
    /// The connection failed with the given `errno`; no byte was sent.
    case connectFailed(SocketAddress, Int32)
    /// There was no address to connect to.
    case noAddress
    /// The peer closed, or reset, the connection.
    case closed
    /// A deadline of the socket passed.
    case timedOut
    /// Descriptors or socket memory ran out (`errno`).
    case exhausted(Int32)
    /// The loop has been shut down.
    case loopClosed
    /// A system call failed, with its `errno`.
    case system(String, Int32)

    /// One line, for logs.
    public var description: String {
        switch self {
        case .addressInUse(let address): "address in use: \(address)"
        case .connectionRefused(let address): "connection refused by \(address)"
        case .connectTimeout(let address): "no connection to \(address) in time"
        case .connectFailed(let address, let code): "no connection to \(address): \(Self.text(code))"
        case .noAddress: "no address to connect to"
        case .closed: "connection closed"
        case .timedOut: "deadline passed"
        case .exhausted(let code): "out of descriptors: \(Self.text(code))"
        case .loopClosed: "event loop shut down"
        case .system(let call, let code): "\(call): \(Self.text(code))"
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// How a read or a write ended. A plain value, because throwing costs on the hot path and most ends are ordinary.
public enum IOResult: Sendable, Equatable {
    /// Bytes arrived, or all bytes left.
    case ready
    /// The peer sent its last byte.
    case endOfStream
    /// The deadline of this direction, or the total one, passed. The socket is still open: one may answer, then close.
    case timedOut
    /// The connection is gone: closed here, reset, or failed.
    case closed

    /// Throws what `ready` is not: `closed` for both ends, or `timedOut`.
    public func check() throws(SocketError) {
        switch self {
        case .ready: return
        case .endOfStream, .closed: throw .closed
        case .timedOut: throw .timedOut
        }
    }
}
