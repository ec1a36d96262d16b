/// A range of IP addresses in the notation of RFC 4632 and RFC 4291: `10.0.0.0/8`, `fc00::/7`; an address alone is a range
/// of one.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let address: SocketAddress
    private let length: Int

    /// A range from its text; nil when it is none. Bits behind the prefix do not count.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = SocketAddress(ip: String(parts[0]), port: 0) else { return nil }
        let most = address.isIPv6 ? 128 : 32
        var length = most
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(parts[1]), number <= most
            else { return nil }
            length = number
        }
        self.address = address
        self.length = length
    }

    /// Whether `other` lies in it, whatever its port. An IPv4 range holds no IPv6 addresses, and the other way round.
    public func contains(_ other: SocketAddress) -> Bool {
        switch (address.host, other.host) {
        case (.v4(let mine), .v4(let theirs)):
            return length == 0 || (mine ^ theirs) >> UInt32(32 - length) == 0
        case (.v6(let high, let low, _), .v6(let otherHigh, let otherLow, _)):
            if length <= 64 { return length == 0 || (high ^ otherHigh) >> UInt64(64 - length) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(128 - length) == 0
        default: return false
        }
    }

    /// `10.0.0.0/8`
    public var description: String { "\(address.ip)/\(length)" }
}

extension SocketAddress {
    /// The IPv4 address that an IPv6 one stands for: IPv4-mapped (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2) or behind the
    /// well-known prefix of NAT64 (`64:ff9b::/96`, RFC 6052). Any other address is itself.
    public var embeddedIPv4: SocketAddress {
        guard case .v6(let high, let low, _) = host else { return self }
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        let isTranslated = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0
        guard isMapped || isTranslated else { return self }
        return SocketAddress(host: .v4(UInt32(truncatingIfNeeded: low)), port: port)
    }
}
