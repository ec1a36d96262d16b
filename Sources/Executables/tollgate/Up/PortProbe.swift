import Sockets

/// Finds out before anything is started whether a port is free.
enum PortProbe {
    static func expectFree(_ port: Int, for user: String) throws {
        guard let address = SocketAddress(ip: "127.0.0.1", port: port) else { return }
        do {
            try Listener.probe(address)
        } catch {
            throw Failure("port \(port) (\(user)) is in use; choose others with --port")
        }
    }
}
