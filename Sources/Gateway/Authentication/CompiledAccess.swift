import HTTP
import HTTPTypes

/// The scopes and roles that the routes ask for, numbered.
struct AccessNames: Sendable {
    let scopes: NameTable
    let roles: NameTable

    init(_ configuration: GatewayConfiguration) {
        scopes = NameTable(configuration.scopes)
        roles = NameTable(configuration.roles)
    }

    /// What a caller with these scopes and roles is allowed.
    func grants(scopes: some Sequence<String>, roles: some Sequence<String>) -> Grants {
        Grants(scopes: self.scopes.mask(scopes), roles: self.roles.mask(roles))
    }
}

/// What a caller is allowed, whatever he proved it with: bits of ``AccessNames``.
struct Grants: Sendable, Equatable {
    var scopes: UInt64 = 0
    var roles: UInt64 = 0
}

/// Who may use a route, as the hot path asks for it.
struct CompiledAccess: Sendable {
    let isPublic: Bool
    let acceptsTokens: Bool
    let acceptsAPIKeys: Bool
    /// What the authentication behind a token must be like; `nil` for most routes.
    let stepUp: StepUp?
    private let needed: Grants
    let configuration: Access

    init(_ access: Access, names: AccessNames) {
        isPublic = access.isPublic
        acceptsTokens = access.credentials.contains(.token)
        acceptsAPIKeys = access.credentials.contains(.apiKey)
        needed = names.grants(scopes: access.scopes, roles: access.roles)
        stepUp = access.stepUp.map(StepUp.init)
        configuration = access
    }

    /// Whether all scopes and one of the roles are there.
    @inline(__always)
    func allows(_ grants: Grants) -> Bool {
        grants.scopes & needed.scopes == needed.scopes && (needed.roles == 0 || grants.roles & needed.roles != 0)
    }

    /// Lets a caller through who has what the route asks for.
    ///
    /// - Throws: `Problem` 403, `insufficient_scope` or `insufficient_role`.
    @inline(__always)
    func check(_ grants: Grants, _ context: RequestContext) throws(Problem) {
        if !allows(grants) { throw refusal(of: grants, context) }
    }

    private func refusal(of grants: Grants, _ context: RequestContext) -> Problem {
        guard grants.scopes & needed.scopes != needed.scopes else {
            context.reason = "insufficient_role"
            // Which roles there are is not the caller's business; scopes are what he asked for when he got his token.
            return Problem(.forbidden, "insufficient_role", detail: "This needs a role that the caller does not have.")
        }
        context.reason = "insufficient_scope"
        let names = configuration.scopes.joined(separator: " ")
        return Problem(
            .forbidden, "insufficient_scope", detail: "This needs the scopes \(names).",
            fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\", error=\"insufficient_scope\", scope=\"\(names)\""])
    }
}
