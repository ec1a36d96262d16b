import Sockets

/// An `http` URL taken apart: where to connect, and what to ask for.
struct HTTPURL: Equatable {
    let endpoint: Endpoint
    /// Path and query in origin form, never empty.
    let target: String

    /// `nil` for anything but `http://host[:port][/path][?query]`.
    init?(_ text: String) {
        guard text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst("http://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let target = rest.dropFirst(authority.count).prefix { $0 != "#" }
        guard let (host, port) = Self.split(authority) else { return nil }
        endpoint = Endpoint(host: host, port: port)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// The same for a text that somebody typed.
    /// - Throws: ``Failure`` that names it.
    init(checking text: String) throws {
        guard let url = HTTPURL(text) else { throw Failure("'\(text)' is not an http URL") }
        self = url
    }

    private static func split(_ authority: Substring) -> (host: String, port: Int)? {
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
        guard let end else { return nil }
        guard let colon = authority[end...].firstIndex(of: ":") else { return (unbracketed(authority), 80) }
        guard let port = Int(authority[authority.index(after: colon)...]), (1...65535).contains(port) else {
            return nil
        }
        let host = unbracketed(authority[..<colon])
        return host.isEmpty ? nil : (host, port)
    }

    private static func unbracketed(_ host: Substring) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
    }
}
