/// One issuer of tokens and what is asked of them.
struct IssuerConfiguration: Sendable, Equatable {
    /// A claim whose value the services behind the gateway are told in a field.
    struct ClaimField: Sendable, Equatable {
        var claim: String
        var field: String
    }

    /// What it is called in the file and in the metrics.
    var name: String
    /// The exact `iss`.
    var issuer: String
    /// Of which `aud` must name one.
    var audiences: [String]
    var keys: KeyOrigin
    var algorithms: [TokenAlgorithm] = [.es256]
    /// The `typ` of a token's header (RFC 9068 section 2.1); `nil` asks for none.
    var tokenType: String? = "at+jwt"
    /// How far clocks may differ (`exp`, `nbf`, `iat`).
    var clockSkew: UInt64 = 60_000
    var requiredClaims: [String] = []
    var claimFields: [ClaimField] = []
    /// Put before `sub`, so that one issuer cannot speak of another one's users.
    var subjectPrefix = ""
    /// The scopes that this issuer may grant; `nil` for all.
    var scopes: [String]?
    /// The roles that this issuer may grant; `nil` for all.
    var roles: [String]?
    /// The claim that names a caller's plan, for limits by plan; `nil` for none.
    var planClaim: String?
    /// The least time between two fetches caused by unknown key ids.
    var coolDown: UInt64 = 30_000
    /// The time after which the key set is fetched again anyway, so that a withdrawn key disappears.
    var refresh: UInt64 = 300_000
}

extension IssuerConfiguration {
    /// - Parameters:
    ///   - reader: The mapping that holds the issuer's keys; its owner finishes it.
    ///   - isOnly: Whether there is no other issuer whose users could be meant.
    init(reading reader: inout MappingReader, name: String, isOnly: Bool, names: ReferencedNames) {
        self.init(name: name, issuer: reader.text("issuer") ?? "", audiences: [], keys: .file(""))
        audiences = Self.audiences(reader.required("audience"))
        subjectPrefix = isOnly ? "" : name + ":"
        if let jwks = reader.required("jwks")?.mapping() { readKeys(jwks, names: names) }
        algorithms = Self.algorithms(&reader) ?? algorithms
        tokenType = reader.text("token_type", default: "at+jwt").lowercased()
        if tokenType == "any" { tokenType = nil }
        clockSkew = reader.duration("clock_skew", in: 0...300_000, default: clockSkew)
        requiredClaims = (reader.texts("required_claims") ?? []).map(\.text)
        claimFields = Self.claimFields(&reader)
        subjectPrefix = Self.prefix(&reader, default: subjectPrefix)
        scopes = reader.texts("scopes").map { $0.map(\.text) }
        roles = reader.texts("roles").map { $0.map(\.text) }
        planClaim = reader.optional("plan_claim").flatMap { $0.text() }
    }

    private mutating func readKeys(_ mapping: MappingReader, names: ReferencedNames) {
        var reader = mapping
        keys = KeyOrigin(reading: &reader, names: names) ?? keys
        coolDown = reader.duration("cool_down", in: Times.long, default: coolDown)
        refresh = reader.duration("refresh", in: Times.long, default: refresh)
        reader.finish()
    }

    private static func audiences(_ value: DocumentValue?) -> [String] {
        guard let value else { return [] }
        guard value.isList else { return value.text().map { [$0] } ?? [] }
        let audiences = value.elements().compactMap { $0.text() }
        if audiences.isEmpty { value.fail("must name at least one audience") }
        return audiences
    }

    private static func algorithms(_ reader: inout MappingReader) -> [TokenAlgorithm]? {
        guard let list = reader.optional("algorithms") else { return nil }
        let allowed = TokenAlgorithm.allCases.map(\.rawValue)
        let found = list.elements().compactMap { element -> TokenAlgorithm? in
            guard let text = element.text() else { return nil }
            if let algorithm = TokenAlgorithm(rawValue: text) { return algorithm }
            let hint = DidYouMean.hint(for: text, among: allowed)
            element.fail("must be \(allowed.joined(separator: " or ")), not \"\(text)\"\(hint)")
            return nil
        }
        if list.isList, list.elements().isEmpty { list.fail("must name at least one algorithm") }
        return found
    }

    private static func claimFields(_ reader: inout MappingReader) -> [ClaimField] {
        guard let value = reader.optional("claims_to_headers") else { return [] }
        let named = value.mapping()?.named ?? []
        if named.count > 16 { value.fail("must not have more than 16 claims") }
        return named.compactMap { claim, value in
            guard let field = value.text() else { return nil }
            if !isOwn(field) {
                value.fail(
                    "must be a field of its own such as X-User-Id: X- and then letters, digits and hyphens, not "
                        + "X-Forwarded-*, X-Request-Id or X-Api-Key")
            }
            return ClaimField(claim: claim, field: field)
        }
    }

    /// Whether the field can be the gateway's to write: none with a meaning of its own in HTTP or in the gateway.
    private static func isOwn(_ field: String) -> Bool {
        let name = field.lowercased()
        return (3...64).contains(name.utf8.count) && name.hasPrefix("x-") && !name.hasPrefix("x-forwarded-")
            && !["x-request-id", "x-api-key"].contains(name)
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    private static func prefix(_ reader: inout MappingReader, default fallback: String) -> String {
        guard let value = reader.optional("subject_prefix"), let text = value.text() else { return fallback }
        if text == "none" { return "" }
        if !Access.isName(text) || text.utf8.count > 64 { value.fail("must be up to 64 printable characters, or none") }
        return text
    }
}

extension GatewayConfiguration {
    /// The fields that say claims: no client may write them, whether or not it has such a token.
    var claimFields: [String] { (authentication?.issuers ?? []).flatMap { $0.claimFields.map(\.field) } }
}
