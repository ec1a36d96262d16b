/// A mapping of requests to an upstream or to a document of the gateway's own.
struct RouteConfiguration: Sendable, Equatable {
    enum Target: Sendable, Equatable {
        case upstream(String)
        case openAPI
    }

    /// Whether an `Idempotency-Key` makes an unsafe request replayable.
    enum Idempotency: String, Sendable, CaseIterable {
        case none
        case key
    }

    var name: String
    var path: PathPattern
    /// Upper-case methods; empty for all. HEAD is served wherever GET is.
    var methods: [String] = []
    /// None for every host.
    var hosts: [HostPattern] = []
    var headers: [ValueMatch] = []
    var query: [ValueMatch] = []
    var access: Access
    var target: Target
    /// Taken from the front of the path before it is sent on; empty or whole segments.
    var stripPrefix = ""
    var timeouts: TimeoutConfiguration?
    var bodyLimit: Int
    var idempotency = Idempotency.none
    /// Whether a success of the route ends the session of the caller's token.
    var endsSession = false
    var limits = RouteLimits()
}

extension RouteConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames, limits: LimitsConfiguration) {
        guard var reader = value.mapping(), let name = reader.text("name"), let path = reader.path() else { return nil }
        let access = Access(reading: &reader)
        let upstream = reader.optional("upstream")
        let serve = reader.optional("serve")
        let target = Self.target(upstream: upstream, serve: serve, names: names, route: value)
        self.init(name: name, path: path, access: access, target: target, bodyLimit: limits.body)
        methods = Self.methods(&reader)
        hosts = reader.hosts()
        headers = reader.headerMatches("headers")
        query = reader.queryMatches("query")
        if let prefix = reader.optional("strip_prefix") { stripPrefix = Self.prefix(prefix, of: path) }
        timeouts = reader.optional("timeouts").map { TimeoutConfiguration(reading: $0, over: .init()) }
        bodyLimit = reader.bytes("body_limit", in: 0...(1 << 40), default: limits.body)
        idempotency = reader.choice("idempotency", default: .none)
        endsSession = reader.flag("ends_session", default: false)
        self.limits = RouteLimits(reading: &reader, access: access, names: names)
        reader.finish()
    }

    private static func target(
        upstream: DocumentValue?, serve: DocumentValue?, names: ReferencedNames, route: DocumentValue
    ) -> Target {
        if let serve {
            if let text = serve.text(), text != "openapi" { serve.fail("must be openapi, not \"\(text)\"") }
            if upstream != nil { serve.fail("a route has either \"serve\" or \"upstream\"") }
            return .openAPI
        }
        guard let upstream else {
            route.fail("needs the key \"upstream\" or \"serve\"")
            return .openAPI
        }
        let name = upstream.text() ?? ""
        if !name.isEmpty { names.checkUpstream(name, upstream) }
        return .upstream(name)
    }

    private static func methods(_ reader: inout MappingReader) -> [String] {
        let listed = reader.texts("methods") ?? []
        for (text, value) in listed where text.isEmpty || !text.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) {
            value.fail("must be a method in capitals such as GET, not \"\(text)\"")
        }
        return listed.map(\.text)
    }

    private static func prefix(_ value: DocumentValue, of path: PathPattern) -> String {
        guard let text = value.text() else { return "" }
        let matches = path.description.hasPrefix(text + "/")
        if !text.hasPrefix("/") || text.hasSuffix("/") || !matches {
            value.fail("must be the first whole segments of the route's path \(path), such as /api, not \"\(text)\"")
            return ""
        }
        return text
    }
}
