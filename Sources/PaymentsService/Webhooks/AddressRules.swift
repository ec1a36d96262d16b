import Sockets

/// Which addresses a webhook may be delivered to: those of the public Internet, and what the operator allows.
///
/// They are asked about the address that is connected to, after the name was resolved: what a name means when an endpoint
/// is made says nothing about what it means later (DNS rebinding).
struct AddressRules: Sendable {
    /// Ranges that are allowed whatever they are.
    var allowed: [IPNetwork] = []

    /// Whether a connection to `address` may be opened. An IPv6 address that stands for an IPv4 one is judged as that.
    func permits(_ address: SocketAddress) -> Bool {
        let address = address.embeddedIPv4
        if allowed.contains(where: { $0.contains(address) }) { return true }
        guard address.isIPv6 else { return !Self.reservedIPv4.contains { $0.contains(address) } }
        return Self.globalUnicast.contains(address) && !Self.reservedIPv6.contains { $0.contains(address) }
    }

    /// The registry of special-purpose addresses (RFC 6890), and what clouds serve their metadata at.
    private static let reservedIPv4 = networks(
        "0.0.0.0/8",  // this network
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private
        "100.64.0.0/10",  // carrier-grade NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local; metadata at 169.254.169.254
        "168.63.129.16/32",  // a cloud's own services, at a public address
        "192.0.0.0/24",  // protocol assignments; metadata at 192.0.0.192
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation
        "192.88.99.0/24",  // relays of 6to4
        "198.18.0.0/15",  // benchmarks
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4")  // reserved, and broadcast

    /// All that is routed in public (RFC 4291 section 2.4): loopback, ULA, link-local, site-local and multicast lie outside.
    private static let globalUnicast = networks("2000::/3")[0]

    /// What lies inside, and is special or stands for an IPv4 address.
    private static let reservedIPv6 = networks(
        "2001::/23",  // protocol assignments; Teredo
        "2001:db8::/32", "3fff::/20",  // documentation
        "2002::/16")  // 6to4

    private static func networks(_ texts: String...) -> [IPNetwork] {
        texts.map { text in
            guard let network = IPNetwork(text) else { preconditionFailure("\(text) is no range of addresses") }
            return network
        }
    }
}
