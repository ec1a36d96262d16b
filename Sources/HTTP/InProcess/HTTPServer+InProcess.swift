public import Sockets

extension HTTPServer {
    /// Answers the requests that clients of this process send to an address of `network`, without a socket. It ends with
    /// ``shutdown(grace:)``.
    ///
    /// Precondition: The server runs on the network's loops.
    /// - Throws: `SocketError.addressInUse` when another server has the address, or it is none of the network's.
    public func start(in network: InProcessNetwork, at address: SocketAddress) throws(SocketError) {
        precondition(isOn(network.group), "a server of another group of loops")
        guard let place = network.place(at: address), listen(at: place) else { throw .addressInUse(address) }
    }
}
