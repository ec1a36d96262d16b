/// Where an upstream may be reached: a name, with every address behind it, or one address.
struct EndpointConfiguration: Sendable, Equatable {
    var host: String
    var port: Int
    /// Its share of the requests, relative to those of the others.
    var weight: Int = 1
}

extension EndpointConfiguration {
    /// Reads `url` and `weight`.
    init?(reading value: DocumentValue) {
        guard var reader = value.mapping() else { return nil }
        let endpoint = reader.required("url").flatMap(Self.init(url:))
        let weight = reader.integer("weight", in: 1...1_000, default: 1)
        reader.finish()
        guard var endpoint else { return nil }
        endpoint.weight = weight
        self = endpoint
    }

    /// Reads `http://host[:port]`; anything more is refused, since routes say what the path becomes.
    init?(url value: DocumentValue) {
        guard let url = value.text() else { return nil }
        guard let rest = url.hasPrefix("http://") ? url.dropFirst(7) : nil, let parts = Self.split(authority: rest)
        else {
            value.fail("must be http://host:port without a path, not \"\(url)\"")
            return nil
        }
        self.init(host: parts.host, port: parts.port)
    }

    /// Host and port of `host[:port]`; 80 without one.
    static func split(authority: Substring) -> (host: String, port: Int)? {
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
