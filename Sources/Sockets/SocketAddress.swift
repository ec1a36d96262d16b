import CPlatform

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address with a port: where a TCP socket is, or connects to.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    enum Host: Hashable, Sendable {
        /// In host byte order.
        case v4(UInt32)
        /// High and low half in host byte order, and the scope of a link-local address.
        case v6(UInt64, UInt64, scope: UInt32)
    }

    let host: Host
    /// The TCP port.
    public let port: Int

    init(host: Host, port: Int) {
        self.host = host
        self.port = port
    }

    /// An address from its textual form, without brackets (`127.0.0.1`, `::1`); nil for anything else, names included.
    public init?(ip: String, port: Int) {
        guard (0...65535).contains(port) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, ip, &v4) == 1 {
            self.init(host: .v4(UInt32(bigEndian: v4.s_addr)), port: port)
        } else if inet_pton(AF_INET6, ip, &v6) == 1 {
            self.init(host: Self.host(v6, scope: 0), port: port)
        } else {
            return nil
        }
    }

    /// 127.0.0.1 at `port`, which lies in 0...65535.
    public static func loopback(port: Int) -> SocketAddress { SocketAddress(host: .v4(0x7F00_0001), port: port) }

    /// True for IPv6.
    public var isIPv6: Bool {
        if case .v6 = host { true } else { false }
    }

    /// The textual address without the port: `127.0.0.1`, `::1`. An IPv4-mapped IPv6 address is written as IPv4.
    public var ip: String {
        switch host {
        case .v4(let bits): return Self.text(v4: bits)
        case .v6(0, let low, _) where low >> 32 == 0xFFFF: return Self.text(v4: UInt32(truncatingIfNeeded: low))
        case .v6(let high, let low, _): return Self.text(high, low)
        }
    }

    /// The same address at another port.
    public func with(port: Int) -> SocketAddress { SocketAddress(host: host, port: port) }

    /// What one subscriber usually has, with port 0: an IPv4 address, or the /64 of an IPv6 one. For limits by client.
    public var subscriberNetwork: SocketAddress {
        switch host {
        case .v4: with(port: 0)
        case .v6(0, let low, _) where low >> 32 == 0xFFFF:
            SocketAddress(host: .v4(UInt32(truncatingIfNeeded: low)), port: 0)
        case .v6(let high, _, _): SocketAddress(host: .v6(high, 0, scope: 0), port: 0)
        }
    }

    /// `127.0.0.1:8080`, `[::1]:8080`.
    public var description: String {
        let ip = self.ip
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    private static func text(v4 bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                guard inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(INET6_ADDRSTRLEN)) != nil else {
                    return 0
                }
                return text.firstIndex(of: 0) ?? 0
            }
        }
    }

    private static func host(_ address: in6_addr, scope: UInt32) -> Host {
        withUnsafeBytes(of: address) { bytes in
            .v6(
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), scope: scope)
        }
    }
}

// MARK: - The C forms

extension SocketAddress {
    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    /// The address in `storage`; nil for families other than IPv4 and IPv6.
    init?(_ storage: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(storage)
        switch Int32(storage.pointee.sa_family) {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self)
            self.init(
                host: .v4(UInt32(bigEndian: address.sin_addr.s_addr)), port: Int(UInt16(bigEndian: address.sin_port)))
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self)
            self.init(
                host: Self.host(address.sin6_addr, scope: address.sin6_scope_id),
                port: Int(UInt16(bigEndian: address.sin6_port)))
        default: return nil
        }
    }

    /// Calls `body` with the C structure and its length.
    func withSockaddr<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        switch host {
        case .v4(let bits):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
            address.sin_addr.s_addr = bits.bigEndian
            #if canImport(Darwin)
                address.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
            #endif
            return Self.rebound(&address, body)
        case .v6(let high, let low, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = UInt16(truncatingIfNeeded: port).bigEndian
            address.sin6_scope_id = scope
            #if canImport(Darwin)
                address.sin6_len = UInt8(MemoryLayout<sockaddr_in6>.size)
            #endif
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return Self.rebound(&address, body)
        }
    }

    private static func rebound<A, T>(_ address: inout A, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        let size = socklen_t(MemoryLayout<A>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
