/// Who may use a route.
struct Access: Sendable, Equatable {
    /// What a caller may prove with who he is.
    enum Credential: String, Sendable, CaseIterable {
        /// A bearer token of one of the issuers.
        case token
        /// An API key.
        case apiKey = "api_key"
    }

    /// The credentials that are accepted, any one of them; none for a route that is open to anyone.
    var credentials: [Credential]
    /// The scopes that a caller needs, all of them.
    var scopes: [String] = []
    /// The roles of which a caller needs one; empty asks for none.
    var roles: [String] = []
    /// How recent the caller's authentication must be; `nil` for any that is good.
    var stepUp: StepUpConfiguration?

    /// Anyone; written out, never assumed.
    static let `public` = Access(credentials: [])

    /// Whoever presents a valid token that carries all of these scopes.
    static func authenticated(scopes: [String]) -> Access { Access(credentials: [.token], scopes: scopes) }

    var isPublic: Bool { credentials.isEmpty }
}

extension Access {
    /// `auth: public` opens a route; silence asks for a token; a word or a list names the credentials that are accepted.
    init(reading reader: inout MappingReader) {
        let credentials = Self.credentials(reader.optional("auth"))
        self.init(credentials: credentials)
        scopes = names("scopes", &reader)
        roles = names("roles", &reader)
        stepUp = reader.optional("step_up").flatMap { StepUpConfiguration(reading: $0, credentials: credentials) }
    }

    private static func credentials(_ value: DocumentValue?) -> [Credential] {
        guard let value else { return [.token] }
        guard value.isList else { return value.text().map { word($0, value) } ?? [.token] }
        var credentials: [Credential] = []
        for (text, element) in value.elements().compactMap({ element in element.text().map { ($0, element) } }) {
            if text == "public" {
                element.fail("public stands alone: whoever may come needs no credential")
                continue
            }
            for credential in word(text, element) {
                if credentials.contains(credential) { element.fail("\"\(text)\" is written twice") }
                credentials.append(credential)
            }
        }
        if credentials.isEmpty { value.fail("must name at least one of token and api_key") }
        return credentials.isEmpty ? [.token] : credentials
    }

    private static func word(_ text: String, _ value: DocumentValue) -> [Credential] {
        if text == "public" { return [] }
        if let credential = Credential(rawValue: text) { return [credential] }
        let hint = DidYouMean.hint(for: text, among: ["public"] + Credential.allCases.map(\.rawValue))
        value.fail("must be public, token or api_key, or a list of the latter two, not \"\(text)\"\(hint)")
        return [.token]
    }

    private func names(_ key: String, _ reader: inout MappingReader) -> [String] {
        guard let value = reader.optional(key) else { return [] }
        if isPublic { value.fail("a public route cannot ask for \(key)") }
        return value.elements().compactMap { element in
            guard let text = element.text() else { return nil }
            if !Self.isName(text) { element.fail("must be printable ASCII without spaces, quotes and backslashes") }
            return text
        }
    }

    /// The characters of a scope (RFC 6749 section 3.3): they are also what a quoted string takes as it is.
    static func isName(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}

extension GatewayConfiguration {
    private var accesses: [Access] { routes.map(\.access) + aggregates.map(\.access) }

    /// Every scope that some route asks for, in the order of the file.
    var scopes: [String] { accesses.flatMap(\.scopes) }

    /// Every role that some route asks for, in the order of the file.
    var roles: [String] { accesses.flatMap(\.roles) }

    /// Scopes and roles become bits: one name too many would be one that nobody is asked for.
    func checkNameCounts(_ root: DocumentValue) {
        for (names, what) in [(scopes, "scopes"), (roles, "roles")] where Set(names).count > NameTable.maximum {
            root.fail("the routes ask for more than \(NameTable.maximum) different \(what)")
        }
    }
}
