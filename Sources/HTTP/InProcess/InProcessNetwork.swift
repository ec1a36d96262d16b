public import Sockets

/// Addresses that lead to servers of this very process: a client that knows the network calls them without a socket.
///
/// An address is a name here and nothing more; no port is taken for it. Everything above the client, be it
/// configuration, logs or spans, sees the address that it would see if the server were a process of its own.
///
/// Clients and servers of one network share its loops: a handler runs on the loop of whoever calls it.
public final class InProcessNetwork: Sendable {
    /// The loops of its clients and servers.
    public let group: EventLoopGroup
    private let places: [InProcessPlace]

    /// A network of `addresses`. Each refuses connections until a server listens there, see
    /// ``HTTPServer/start(in:at:)``.
    public init(group: EventLoopGroup, addresses: [SocketAddress]) {
        self.group = group
        places = addresses.map(InProcessPlace.init)
    }

    /// Whether the address is one of the network's.
    public func contains(_ address: SocketAddress) -> Bool { place(at: address) != nil }

    func place(at address: SocketAddress) -> InProcessPlace? { places.first { $0.address == address } }

    /// Where a request goes, if it stays inside. A name is not looked up for this: only an address is meant.
    func place(at address: SocketAddress?, or endpoint: Endpoint) -> InProcessPlace? {
        if let address { return place(at: address) }
        return places.first { $0.endpoint == endpoint }
    }
}

/// One address of a network.
final class InProcessPlace: Sendable {
    let address: SocketAddress
    let endpoint: Endpoint
    /// The server's part on each loop; nil while nobody listens.
    private let servers = Locked<[LoopServer]?>(nil)

    init(_ address: SocketAddress) {
        self.address = address
        endpoint = Endpoint(host: address.ip, port: address.port)
    }

    func server(on loop: EventLoop) -> LoopServer? { servers.withLock { $0?[loop.index] } }

    /// False when somebody listens already.
    func listen(_ loops: [LoopServer]) -> Bool {
        servers.withLock { servers in
            guard servers == nil else { return false }
            servers = loops
            return true
        }
    }

    func close() { servers.withLock { $0 = nil } }
}
