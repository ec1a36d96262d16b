import Sockets

/// Finds out before anything is started whether a port can be listened on.
enum PortProbe {
    /// - Throws: ``Failure`` that says who wanted the port, and why it cannot be had.
    static func expectFree(_ port: Int, for user: String, at host: String = "127.0.0.1") throws {
        guard let address = SocketAddress(ip: host, port: port) else { return }
        do throws(SocketError) {
            try Listener.probe(address)
        } catch {
            throw failure(error, port, user)
        }
    }

    static func failure(_ error: SocketError, _ port: Int, _ user: String) -> Failure {
        guard case .addressInUse = error else {
            return Failure("cannot listen on port \(port) (\(user)): \(error); choose others with --port")
        }
        return Failure("port \(port) (\(user)) is in use; choose others with --port")
    }
}
