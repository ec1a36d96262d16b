import HTTPTypes

/// The upstreams that share the requests of a route.
struct SplitConfiguration: Sendable, Equatable {
    /// One of them.
    struct Side: Sendable, Equatable {
        var upstream: String
        /// Its share, relative to the sum of all weights; 0 for none.
        var weight: Int
    }

    /// How one client is kept on one side.
    enum Stickiness: Sendable, Equatable {
        case none
        /// - Parameters:
        ///   - maxAge: In milliseconds; `nil` until the browser closes.
        ///   - isSecure: Whether the browser sends it by TLS only.
        case cookie(name: String, maxAge: UInt64?, isSecure: Bool)
        /// By the value of a header field; a request without it goes anywhere.
        case header(name: String)
    }

    /// The most sides of one split.
    static let maximumSides = 16
    static let maximumWeight = 1_000_000

    var sides: [Side]
    var stickiness = Stickiness.none
}

extension SplitConfiguration {
    init(reading value: DocumentValue, names: ReferencedNames) {
        self.init(sides: [])
        for element in value.elements() {
            guard var reader = element.mapping(), let name = reader.text("upstream") else { continue }
            names.checkUpstream(name, element)
            if sides.contains(where: { $0.upstream == name }) { element.fail("\"\(name)\" is written twice") }
            sides.append(Side(upstream: name, weight: reader.integer("weight", in: 0...Self.maximumWeight)))
            reader.finish()
        }
        if sides.count > Self.maximumSides { value.fail("must have at most \(Self.maximumSides) upstreams") }
        if sides.allSatisfy({ $0.weight == 0 }) { value.fail("needs an upstream with a weight over 0") }
    }
}

extension SplitConfiguration.Stickiness {
    init(reading value: DocumentValue) {
        self = .none
        guard var reader = value.mapping() else { return }
        let cookie = reader.optional("cookie")
        let header = reader.optional("header")
        if cookie != nil, header != nil { value.fail("has either \"cookie\" or \"header\"") }
        if cookie == nil, header == nil { value.fail("needs the key \"cookie\" or \"header\"") }
        if let cookie, let name = Self.name(cookie) {
            let hasAge = reader.optional("max_age") != nil
            let age = hasAge ? reader.duration("max_age", in: 1_000...31_536_000_000) : nil
            self = .cookie(name: name, maxAge: age, isSecure: reader.flag("secure", default: false))
        } else if let header, let name = Self.name(header) {
            self = .header(name: name)
        }
        reader.finish()
    }

    /// Names of cookies and of fields are tokens both (RFC 6265 section 4.1.1, RFC 9110 section 5.1).
    private static func name(_ value: DocumentValue) -> String? {
        guard let text = value.text() else { return nil }
        if HTTPField.Name(text) == nil {
            value.fail("must be a name of letters, digits and -, not \"\(text)\"")
            return nil
        }
        return text
    }
}
