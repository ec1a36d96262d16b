public import Sockets

extension Endpoint {
    /// Reads `http://host[:port]`, as settings name another service.
    ///
    /// - Throws: ``SettingsError`` when it is anything else.
    public init(url: String, setting: String) throws(SettingsError) {
        let scheme = "http://"
        var authority = url.hasPrefix(scheme) ? url.dropFirst(scheme.count) : ""
        if authority.hasSuffix("/") { authority.removeLast() }
        guard let endpoint = Self.parse(authority) else {
            throw SettingsError(key: setting, value: url, allowed: "http://host:port")
        }
        self = endpoint
    }

    private static func parse(_ authority: Substring) -> Endpoint? {
        var host = authority
        var port = 80
        // The last colon that is not inside the brackets of an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            host = authority[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        return Endpoint(host: String(host), port: port)
    }
}
