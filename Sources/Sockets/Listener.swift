#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A listening TCP socket on one loop.
///
/// `@unchecked Sendable`: confined to its loop, like the socket it wraps.
public final class Listener: @unchecked Sendable {
    /// A connection that has been accepted but belongs to no loop yet: `open(on:)` or `refuse()` it.
    public struct Connection: Sendable {
        let descriptor: Int32
        /// Who connected.
        public let peer: SocketAddress

        /// Makes the connection a socket of `loop`, whose thread this is. Throws when the loop cannot watch it.
        public func open(on loop: EventLoop) throws(SocketError) -> Socket {
            Descriptor.setNoDelay(descriptor)
            return try Socket(descriptor, peer: peer, loop: loop)
        }

        /// Closes the connection.
        public func refuse() { Descriptor.close(descriptor) }
    }

    /// Where it listens; with the port that the system chose when 0 was asked for.
    public let address: SocketAddress
    private let socket: Socket

    /// Listens at `address` on `loop`. With `sharesPort` others of this process may listen there too, and the system
    /// spreads connections over them. On the loop's thread. Throws `addressInUse` or what the system said.
    public init(
        _ address: SocketAddress, on loop: EventLoop, sharesPort: Bool = false, backlog: Int32 = 1024
    ) throws(SocketError) {
        let descriptor = try Self.bound(address, sharesPort: sharesPort)
        guard listen(descriptor, backlog) == 0 else {
            let code = errno
            Descriptor.close(descriptor)
            throw code == EADDRINUSE ? .addressInUse(address) : .system("listen", code)
        }
        self.address = Descriptor.localAddress(descriptor) ?? address
        socket = try Socket(descriptor, peer: self.address, loop: loop)
    }

    /// Throws `addressInUse` when anybody listens at `address`. SO_REUSEPORT would let a second process of the same
    /// user share the port in silence, and take half of the connections, so one asks without it first.
    public static func probe(_ address: SocketAddress) throws(SocketError) {
        let descriptor = try bound(address, sharesPort: false)
        // Binding alone succeeds beside a bound socket with SO_REUSEADDR that does not listen yet: listen as well.
        let code = listen(descriptor, 1) == 0 ? 0 : errno
        Descriptor.close(descriptor)
        guard code == 0 else { throw code == EADDRINUSE ? .addressInUse(address) : .system("listen", code) }
    }

    private static func bound(_ address: SocketAddress, sharesPort: Bool) throws(SocketError) -> Int32 {
        let descriptor = try Descriptor.make(address.family)
        Descriptor.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { Descriptor.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        if address.isIPv6 { Descriptor.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            Descriptor.close(descriptor)
            throw code == EADDRINUSE ? .addressInUse(address) : .system("bind", code)
        }
        return descriptor
    }

    /// The next connection, waiting for one; nil once the listener is closed.
    ///
    /// Throws `exhausted` when descriptors or memory have run out: wait a moment, then ask again; the connection stays
    /// in the backlog meanwhile.
    public func accept() async throws(SocketError) -> Connection? {
        while !socket.isClosed {
            if socket.isReadable {
                if let connection = try acceptNow() { return connection }
            } else {
                await socket.waitReadable()
            }
        }
        return nil
    }

    private func acceptNow() throws(SocketError) -> Connection? {
        var peer: SocketAddress?
        if let descriptor = Descriptor.accept(socket.descriptor, from: &peer) {
            return Connection(descriptor: descriptor, peer: peer ?? address)
        }
        switch errno {
        case EAGAIN: socket.isReadable = false
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: throw .exhausted(errno)
        // The rest (ECONNABORTED, EPROTO, a network error passed on) concerns that one connection.
        default: break
        }
        return nil
    }

    /// A connection that waits already; nil when none does. For emptying the backlog before closing.
    public func acceptWaiting() -> Connection? {
        while socket.isReadable, !socket.isClosed {
            do throws(SocketError) {
                if let connection = try acceptNow() { return connection }
            } catch {
                return nil
            }
        }
        return nil
    }

    /// Stops listening; connections in the backlog are reset.
    public func close() { socket.close() }
}
