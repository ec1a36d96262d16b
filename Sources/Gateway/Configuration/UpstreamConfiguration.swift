/// A service behind the gateway.
struct UpstreamConfiguration: Sendable, Equatable {
    var name: String
    var host: String
    var port: Int
    /// The audience of the identity token that goes with each request; `nil` sends none.
    var audience: String?
    var timeouts = TimeoutConfiguration()
    var retries = RetryConfiguration()
    var waiting = WaitingConfiguration()
}

extension UpstreamConfiguration {
    init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        let address = reader.required("url").flatMap { url in url.text().flatMap { Self.address($0, url) } }
        self.init(name: name, host: address?.host ?? "", port: address?.port ?? 0)
        audience = reader.optional("audience").map { $0.text() } ?? name
        if audience == "none" { audience = nil }
        timeouts = reader.optional("timeouts").map { TimeoutConfiguration(reading: $0, over: .init()) } ?? .init()
        retries = reader.optional("retries").map(RetryConfiguration.init(reading:)) ?? .init()
        waiting = reader.optional("waiting").map(WaitingConfiguration.init(reading:)) ?? .init()
        reader.finish()
    }

    /// Host and port of `http://host[:port]`; anything more is refused, since routes say what the path becomes.
    private static func address(_ url: String, _ value: DocumentValue) -> (host: String, port: Int)? {
        guard let rest = url.hasPrefix("http://") ? url.dropFirst(7) : nil, let parts = split(authority: rest) else {
            value.fail("must be http://host:port without a path, not \"\(url)\"")
            return nil
        }
        return parts
    }

    private static func split(authority: Substring) -> (host: String, port: Int)? {
        let authority = authority.hasSuffix("/") ? authority.dropLast() : authority
        let host: Substring
        let port: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            port = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority.dropFirst(host.count)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@".utf8.contains($0) }) else {
            return nil
        }
        if port.isEmpty { return (String(host), 80) }
        guard port.first == ":", let number = Int(port.dropFirst()), (1...65_535).contains(number) else { return nil }
        return (String(host), number)
    }
}
