/// How recently, and how strongly, a caller must have proved who he is (RFC 9470): for what a stolen token is not to do.
struct StepUpConfiguration: Sendable, Equatable {
    /// The oldest authentication that will do, milliseconds.
    var maxAge: Int64
    /// The authentication contexts (`acr`) of which one will do; empty for any.
    var contexts: [String] = []
}

extension StepUpConfiguration {
    /// `step_up: { max_age: 5m, acr: NAME }`, or a list of names.
    init?(reading value: DocumentValue, credentials: [Access.Credential]) {
        if credentials.isEmpty { value.fail("a public route cannot ask for step_up") }
        if credentials.contains(.apiKey) { value.fail("an API key cannot log in again: auth must be token") }
        guard var reader = value.mapping() else { return nil }
        self.init(maxAge: Int64(reader.duration("max_age", in: 1_000...86_400_000)))
        contexts = reader.optional("acr").map(Self.names) ?? []
        reader.finish()
    }

    private static func names(_ value: DocumentValue) -> [String] {
        let listed = value.isList ? value.elements() : [value]
        if listed.isEmpty { value.fail("must have at least one name") }
        return listed.compactMap { element in
            guard let text = element.text() else { return nil }
            if !Access.isName(text) { element.fail("must be printable ASCII without spaces, quotes and backslashes") }
            return text
        }
    }

    /// For people: `authenticated within 5m`.
    var text: String {
        let within = "authenticated within \(Quantities.text(milliseconds: UInt64(maxAge)))"
        return contexts.isEmpty ? within : "\(within) by \(contexts.joined(separator: " or "))"
    }
}
