/// A host, by name or textual address, and a port: what a URL's authority says.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A DNS name or an IP address without brackets.
    public let host: String
    /// The TCP port.
    public let port: Int

    /// An endpoint; `host` may carry the brackets of an IPv6 literal.
    public init(host: String, port: Int) {
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.host = bracketed ? String(host.dropFirst().dropLast()) : host
        self.port = port
    }

    /// The address itself, when the host is a literal one.
    public var literalAddress: SocketAddress? { SocketAddress(ip: host, port: port) }

    /// `name:80`, `[::1]:80`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
