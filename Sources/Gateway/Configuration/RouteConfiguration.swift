/// A mapping of requests to an upstream or to a document of the gateway's own.
struct RouteConfiguration: Sendable, Equatable {
    enum Target: Sendable, Equatable {
        case upstream(String)
        /// Several upstreams, by weight.
        case split(SplitConfiguration)
        case redirect(RedirectConfiguration)
        case own(OwnAnswer)
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
    /// What the path becomes before it is sent on; never together with ``stripPrefix``.
    var rewrite: PathReplacement?
    var requestHeaders = HeaderEdits()
    var responseHeaders = HeaderEdits()
    var timeouts: TimeoutConfiguration?
    var bodyLimit: Int
    var idempotency = Idempotency.none
    /// Whether bodies may take longer than the timeout `total`, which then bounds the time to the head of the answer.
    var isStreaming = false
    /// Whether `Upgrade: websocket` is handed on.
    var allowsWebSocket = false
    /// Whether a success of the route ends the session of the caller's token.
    var endsSession = false
    /// Whether a success of the route ends the caller: all their sessions and keys.
    var endsUser = false
    /// Whether a success of the route revokes something else, of which the feed is asked before the answer goes out.
    var revokes = false
    var limits = RouteLimits()
    var answers = AnswerConfiguration()
    /// `nil` lets everything through.
    var throttle: ThrottleConfiguration?
    var priority = Priority.normal
}

extension RouteConfiguration {
    /// The name of the upstream, where there is one.
    var upstream: String? { if case .upstream(let name) = target { name } else { nil } }

    init?(reading value: DocumentValue, names: ReferencedNames, limits: LimitsConfiguration) {
        guard var reader = value.mapping(), let name = reader.text("name"), let path = reader.path() else { return nil }
        let access = Access(reading: &reader)
        let target = Target(reading: &reader, path: path, names: names)
        self.init(name: name, path: path, access: access, target: target, bodyLimit: limits.body)
        methods = Self.methods(&reader)
        hosts = reader.hosts()
        headers = reader.headerMatches("headers")
        query = reader.queryMatches("query")
        readFilters(&reader)
        timeouts = reader.optional("timeouts").map { TimeoutConfiguration(reading: $0, over: .init()) }
        bodyLimit = reader.bytes("body_limit", in: 0...(1 << 40), default: limits.body)
        idempotency = reader.choice("idempotency", default: .none)
        readConnections(&reader)
        endsSession = reader.flag("ends_session", default: false)
        endsUser = reader.flag("ends_user", default: false)
        revokes = reader.flag("revokes", default: false)
        self.limits = RouteLimits(reading: &reader, access: access, names: names)
        answers = AnswerConfiguration(reading: &reader, access: access, over: names.answers)
        throttle = reader.optional("throttle").flatMap(ThrottleConfiguration.init(reading:))
        priority = reader.priority()
        reader.finish()
    }

    /// What is changed on the way to the upstream and back.
    private mutating func readFilters(_ reader: inout MappingReader) {
        let prefix = reader.optional("strip_prefix")
        let rewrite = reader.optional("rewrite")
        if let prefix { stripPrefix = Self.prefix(prefix, of: path) }
        if let rewrite, var rules = rewrite.mapping() {
            self.rewrite = rules.replacement(of: path)
            if self.rewrite == nil { rewrite.fail("needs the key \"path\" or \"prefix\"") }
            rules.finish()
            if prefix != nil { rewrite.fail("a route has either \"strip_prefix\" or \"rewrite\"") }
        }
        let requests = reader.optional("request_headers")
        let answers = reader.optional("response_headers")
        if let requests { requestHeaders = .init(reading: requests, isOwned: FieldRules.isOwnedInRequests) }
        if let answers { responseHeaders = .init(reading: answers, isOwned: FieldRules.isOwnedInAnswers) }
        if !target.isForwarded, let misplaced = prefix ?? rewrite ?? requests {
            misplaced.fail("only means something with an upstream")
        }
    }

    /// What may outlast an ordinary request.
    private mutating func readConnections(_ reader: inout MappingReader) {
        let streaming = reader.optional("streaming")
        let tunnels = reader.optional("websocket")
        isStreaming = reader.flag("streaming", default: false)
        allowsWebSocket = reader.flag("websocket", default: false)
        if !target.isForwarded, let misplaced = streaming ?? tunnels {
            misplaced.fail("only means something with an upstream")
        }
        if allowsWebSocket, !methods.isEmpty, !methods.contains("GET") {
            tunnels?.fail("needs GET among the methods: a WebSocket begins with it")
        }
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
        if !text.hasPrefix("/") || text.hasSuffix("/") || text.contains("{") || !matches {
            value.fail("must be the first whole segments of the route's path \(path), such as /api, not \"\(text)\"")
            return ""
        }
        return text
    }
}

extension RouteConfiguration.Target {
    /// Whether requests go on to an upstream.
    var isForwarded: Bool {
        switch self {
        case .upstream, .split: true
        case .own, .redirect: false
        }
    }

    /// Exactly one of `upstream`, `split`, `redirect` and `serve`.
    init(reading reader: inout MappingReader, path: PathPattern, names: ReferencedNames) {
        let sticky = reader.optional("sticky")
        let values = ["upstream", "split", "redirect", "serve"].map { ($0, reader.optional($0)) }
        let given = values.compactMap { key, value in value.map { (key, $0) } }
        if given.count != 1 {
            let place = given.last?.1 ?? reader.value
            place.fail("a route has one of \"upstream\", \"split\", \"redirect\" and \"serve\"")
        }
        guard let (key, value) = given.first else {
            self = .own(.openAPI)
            return
        }
        if let sticky, key != "split" { sticky.fail("only means something with \"split\"") }
        switch key {
        case "upstream": self = .upstream(Self.upstream(value, names))
        case "split":
            var split = SplitConfiguration(reading: value, names: names)
            if let sticky { split.stickiness = .init(reading: sticky) }
            self = .split(split)
        case "redirect": self = .redirect(RedirectConfiguration(reading: value, route: path))
        default:
            self = .own(Self.own(value))
        }
    }

    private static func own(_ value: DocumentValue) -> OwnAnswer {
        guard let text = value.text() else { return .openAPI }
        if let answer = OwnAnswer(rawValue: text) { return answer }
        let names = OwnAnswer.allCases.map(\.rawValue)
        let hint = DidYouMean.hint(for: text, among: names)
        value.fail("must be \(names.joined(separator: " or ")), not \"\(text)\"\(hint)")
        return .openAPI
    }

    private static func upstream(_ value: DocumentValue, _ names: ReferencedNames) -> String {
        let name = value.text() ?? ""
        if !name.isEmpty { names.checkUpstream(name, value) }
        return name
    }
}
