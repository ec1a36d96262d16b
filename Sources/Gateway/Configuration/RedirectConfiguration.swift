/// Where a route sends its clients instead of an upstream.
struct RedirectConfiguration: Sendable, Equatable {
    enum Scheme: String, Sendable, CaseIterable {
        case http
        case https

        var port: Int { self == .http ? 80 : 443 }
    }

    /// 301, 302, 303, 307 or 308.
    var status = 302
    /// `nil` keeps the request's, as the other parts do.
    var scheme: Scheme?
    var host: String?
    var port: Int?
    var path: PathReplacement?
}

extension RedirectConfiguration {
    private static let statuses = [301, 302, 303, 307, 308]

    init(reading value: DocumentValue, route: PathPattern) {
        self.init()
        guard var reader = value.mapping() else { return }
        status = reader.integer("status", in: 301...308, default: status)
        if !Self.statuses.contains(status) { value.fail("status must be 301, 302, 303, 307 or 308, not \(status)") }
        if let scheme = reader.optional("scheme"), let text = scheme.text() {
            self.scheme = Scheme(rawValue: text)
            if self.scheme == nil { scheme.fail("must be http or https, not \"\(text)\"") }
        }
        if let host = reader.optional("host") { readHost(host) }
        if reader.optional("port") != nil { port = reader.integer("port", in: 1...65_535) }
        path = reader.replacement(of: route)
        if scheme == nil, host == nil, port == nil, path == nil {
            value.fail("needs one of scheme, host, port, path and prefix: it would lead back here")
        }
        reader.finish()
    }

    private mutating func readHost(_ value: DocumentValue) {
        guard let text = value.text() else { return }
        do throws(HostPattern.Malformed) {
            let pattern = try HostPattern(text)
            if pattern.isWildcard { value.fail("must be a whole host name, not \"\(text)\"") }
            host = pattern.description
        } catch {
            value.fail(error.message)
        }
    }
}
