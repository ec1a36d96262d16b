/// Who may use a route.
enum Access: Sendable, Equatable {
    /// Anyone; written out, never assumed.
    case `public`
    /// Whoever presents a valid token that carries all of these scopes.
    case authenticated(scopes: [String])
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
