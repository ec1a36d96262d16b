// How each part of the document is read. Reading never stops at a mistake: it notes it and goes on with a default.

/// Ranges of times in milliseconds.
private enum Times {
    static let short: ClosedRange<UInt64> = 1...60_000
    static let long: ClosedRange<UInt64> = 1...3_600_000
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

extension TimeoutConfiguration {
    init(reading value: DocumentValue, over base: TimeoutConfiguration) {
        self = base
        guard var reader = value.mapping() else { return }
        connect = reader.duration("connect", in: Times.short, default: base.connect)
        perTry = reader.duration("per_try", in: Times.long, default: base.perTry)
        total = reader.duration("total", in: Times.long, default: base.total)
        if perTry > total { value.fail("per_try must not be longer than total") }
        reader.finish()
    }
}

extension RetryConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        attempts = reader.integer("attempts", in: 0...10, default: attempts)
        backoff = reader.duration("backoff", in: Times.short, default: backoff)
        maximumBackoff = reader.duration("maximum_backoff", in: Times.short, default: maximumBackoff)
        budgetPercent = reader.integer("budget_percent", in: 0...100, default: budgetPercent)
        minimumPerSecond = reader.integer("minimum_per_second", in: 0...1_000, default: minimumPerSecond)
        reader.finish()
    }
}

extension WaitingConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        capacity = reader.integer("capacity", in: 0...100_000, default: capacity)
        time = reader.duration("time", in: Times.short, default: time)
        reader.finish()
    }
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
        if let prefix = reader.optional("strip_prefix") { stripPrefix = Self.prefix(prefix, of: path) }
        timeouts = reader.optional("timeouts").map { TimeoutConfiguration(reading: $0, over: .init()) }
        bodyLimit = reader.bytes("body_limit", in: 0...(1 << 40), default: limits.body)
        idempotency = reader.choice("idempotency", default: .none)
        rateLimits = names.rateLimits(of: &reader)
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

extension Access {
    /// `auth: public` opens a route; everything else, and silence, asks for a token.
    init(reading reader: inout MappingReader) {
        enum Word: String, CaseIterable {
            case `public`
            case token
        }
        let word: Word = reader.choice("auth", default: .token)
        let scopesValue = reader.optional("scopes")
        let scopes = (scopesValue?.elements() ?? []).compactMap { $0.text() }
        if word == .public, let scopesValue { scopesValue.fail("a public route cannot ask for scopes") }
        self = word == .public ? .public : .authenticated(scopes: scopes)
    }
}

extension MappingReader {
    fileprivate mutating func path() -> PathPattern? {
        guard let value = required("path"), let text = value.text() else { return nil }
        do throws(PathPattern.Malformed) {
            return try PathPattern(text)
        } catch {
            value.fail(error.message)
            return nil
        }
    }
}

extension AggregateConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping(), let name = reader.text("name"), let path = reader.path() else { return nil }
        let access = Access(reading: &reader)
        self.init(name: name, path: path, access: access)
        if path.isPrefix { value.fail("an aggregate answers one path, not a prefix") }
        rateLimits = names.rateLimits(of: &reader)
        let timeout = reader.duration("timeout", in: Times.long, default: 3_000)
        let values = reader.required("parts")?.mapping()?.named ?? []
        parts = values.compactMap { Part(reading: $0.value, name: $0.name, timeout: timeout, names: names) }
        if parts.isEmpty { value.fail("needs at least one part") }
        reader.finish()
    }
}

extension AggregateConfiguration.Part {
    init?(reading value: DocumentValue, name: String, timeout: UInt64, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let upstream = reader.required("upstream")
        let target = reader.required("path")
        self.init(
            name: name, upstream: upstream?.text() ?? "", target: target?.text() ?? "/",
            isRequired: reader.flag("required", default: false),
            timeout: reader.duration("timeout", in: Times.long, default: timeout))
        if let upstream, !self.upstream.isEmpty { names.checkUpstream(self.upstream, upstream) }
        if let target, !self.target.hasPrefix("/") { target.fail("must start with \"/\"") }
        pick = reader.optional("pick")?.text()
        reader.finish()
    }
}

extension AuthenticationConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let issuer = reader.text("issuer")
        let audience = reader.text("audience")
        let keys = reader.required("jwks")?.mapping()
        self.init(issuer: issuer ?? "", audience: audience ?? "", jwksUpstream: "", jwksPath: "")
        if let keys { readKeys(keys, names: names) }
        tokenType = reader.text("token_type", default: tokenType)
        clockSkew = reader.duration("clock_skew", in: 0...300_000, default: clockSkew)
        requiredClaims = (reader.texts("required_claims") ?? []).map(\.text)
        cacheEntries = reader.integer("cache_entries", in: 0...1_000_000, default: cacheEntries)
        reader.finish()
    }

    private mutating func readKeys(_ mapping: MappingReader, names: ReferencedNames) {
        var reader = mapping
        if let upstream = reader.required("upstream"), let name = upstream.text() {
            names.checkUpstream(name, upstream)
            jwksUpstream = name
        }
        if let path = reader.required("path"), let text = path.text() {
            if !text.hasPrefix("/") { path.fail("must start with \"/\"") }
            jwksPath = text
        }
        coolDown = reader.duration("cool_down", in: Times.long, default: coolDown)
        refresh = reader.duration("refresh", in: Times.long, default: refresh)
        reader.finish()
    }
}

extension RateLimitConfiguration {
    init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        // The name goes into a structured field (RFC 9651 string) as it is.
        if !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            value.fail("the name must be printable ASCII without spaces and quotes")
        }
        self.init(
            name: name, key: reader.choice("key", default: .address),
            quota: reader.integer("quota", in: 1...1_000_000_000),
            window: reader.duration("window", in: 1_000...86_400_000),
            isDefault: reader.flag("default", default: false))
        reader.finish()
    }
}

extension LimitsConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        body = reader.bytes("body", in: 0...(1 << 40), default: body)
        replayBody = reader.bytes("replay_body", in: 0...(1 << 20), default: replayBody)
        rateLimitEntries = reader.integer("rate_limit_entries", in: 1_024...16_777_216, default: rateLimitEntries)
        trustedProxies = reader.integer("trusted_proxies", in: 0...16, default: trustedProxies)
        reader.finish()
    }
}
