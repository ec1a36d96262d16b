#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Ports in a row for programs that take a first port and use those after it, as `tollgate up --port` does.
///
/// They are found free by binding them, and below the range from which systems choose ports for connections. The block
/// also holds the UDP ports of the same numbers for as long as it lives, so that no other block, not even of another
/// process, has one of them.
public final class PortBlock: Sendable {
    /// The first port; `first + 1` … and all of them `offset` higher belong to the block too.
    public let first: Int
    private let held: [PortHolder]

    /// A block of `count` ports, and as many `offset` above them.
    /// - Throws: ``NoFreePorts``.
    public init(count: Int = 3, offset: Int = 1_000) throws {
        for _ in 0..<500 {
            let first = Int.random(in: 10_000..<30_000)
            let ports = (0..<count).flatMap { [first + $0, first + $0 + offset] }
            let held = ports.compactMap { PortHolder($0, datagram: true) }
            guard held.count == ports.count, ports.allSatisfy({ PortHolder($0) != nil }) else { continue }
            (self.first, self.held) = (first, held)
            return
        }
        throw NoFreePorts()
    }

    /// Listens on the first port.
    /// - Throws: ``NoFreePorts`` when somebody else does.
    public func listen() throws -> PortHolder {
        guard let holder = PortHolder(first) else { throw NoFreePorts() }
        return holder
    }
}

/// A socket bound to a port of 127.0.0.1, until it goes away.
public final class PortHolder: Sendable {
    private let descriptor: Int32

    /// Binds `port`, and listens on it unless it is a datagram socket; nil when somebody else has it.
    init?(_ port: Int, datagram: Bool = false) {
        let type = datagram ? SOCK_DGRAM : SOCK_STREAM
        #if canImport(Darwin)
            descriptor = socket(AF_INET, type, 0)
        #else
            descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // As the programs under test do: connections of an ended test in TIME_WAIT are no obstacle. On a datagram
        // socket the same option would let two have one port.
        var on: Int32 = 1
        if !datagram { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) }
        guard bind(to: port), datagram || Self.listen(descriptor) else { return nil }
    }

    private func bind(to port: Int) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Self.systemBind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func systemBind(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        #if canImport(Darwin)
            Darwin.bind(socket, address, length)
        #else
            Glibc.bind(socket, address, length)
        #endif
    }

    private static func listen(_ socket: Int32) -> Bool {
        #if canImport(Darwin)
            Darwin.listen(socket, 1) == 0
        #else
            Glibc.listen(socket, 1) == 0
        #endif
    }

    deinit { close(descriptor) }
}

/// No block of free ports was found in many attempts.
public struct NoFreePorts: Error, Sendable {}
