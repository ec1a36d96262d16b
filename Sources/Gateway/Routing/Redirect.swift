import HTTP

/// The answer of a route that sends its clients elsewhere.
struct Redirect: Sendable {
    let status: Int
    private let configuration: RedirectConfiguration
    private let template: PathTemplate?

    /// - Parameter path: The route's path.
    init(_ configuration: RedirectConfiguration, of path: PathPattern) {
        status = configuration.status
        self.configuration = configuration
        template = configuration.path.map { PathTemplate($0, of: path) }
    }

    /// The `Location` for a request (RFC 9110 section 10.2.2).
    ///
    /// - Parameter scheme: How the client came.
    /// - Returns: `nil` when the address has to name a host and the request names none.
    func location(for request: Request, scheme: RedirectConfiguration.Scheme) -> String? {
        let target = request.normalizedTarget
        let path = target.prefix { $0 != "?" }
        let rest = (template?.apply(to: path) ?? String(path)) + target.dropFirst(path.count)
        if configuration.scheme == nil, configuration.host == nil, configuration.port == nil {
            // Two slashes at the start would name a host: anybody's.
            return "/" + rest.drop { $0 == "/" }
        }
        let head = request.head
        let (named, port) = Self.split(head.string(head.authority))
        let host = configuration.host ?? named
        guard !host.isEmpty else { return nil }
        let chosen = configuration.scheme ?? scheme
        let number = configuration.port ?? (configuration.scheme == nil ? port : nil) ?? chosen.port
        return "\(chosen)://\(host)\(number == chosen.port ? "" : ":\(number)")\(rest)"
    }

    /// Host and port of an authority; an empty port is none (RFC 3986 section 3.2.3).
    private static func split(_ authority: String) -> (host: String, port: Int?) {
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else {
            return (authority, nil)
        }
        return (String(authority[..<colon]), Int(authority[authority.index(after: colon)...]))
    }
}
