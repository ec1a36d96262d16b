import Sockets

/// Where a webhook goes: the part of RFC 3986 that an absolute `http` or `https` URL needs, and nothing else.
struct WebhookURL: Sendable, Hashable {
    enum Scheme: String, Sendable {
        case http, https
    }

    /// Longest URL in bytes.
    static let maximumLength = 2_048

    let scheme: Scheme
    let endpoint: Endpoint
    /// Path and query, in origin form.
    let target: String
    /// The whole URL.
    let text: String

    /// Returns nil for anything else: user information, fragments, bytes that a URL has to escape, odd ports.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.utf8.contains(where: { #"#\"<>^`{|}"#.utf8.contains($0) }),
            let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let endpoint = Self.endpoint(rest[..<end], scheme) else { return nil }
        self.scheme = scheme
        self.endpoint = endpoint
        let target = rest[end...]
        self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
        self.text = "\(scheme.rawValue)://\(rest[..<end])\(self.target)"
    }

    private static func endpoint(_ authority: Substring, _ scheme: Scheme) -> Endpoint? {
        var (host, port) = (authority, scheme == .http ? 80 : 443)
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65_535).contains(number)
            else { return nil }
            (host, port) = (authority[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard SocketAddress(ip: String(host.dropFirst().dropLast()), port: 0)?.isIPv6 == true else { return nil }
        } else if !isName(host) {
            return nil
        }
        return Endpoint(host: host.lowercased(), port: port)
    }

    /// Letters, digits, hyphens and dots, as names of hosts and IPv4 addresses have them.
    private static func isName(_ host: Substring) -> Bool {
        (1...253).contains(host.utf8.count)
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { (1...63).contains($0.count) }
            && host.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
