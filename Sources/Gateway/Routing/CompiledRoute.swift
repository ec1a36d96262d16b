/// A route as the hot path uses it: names resolved, limits in the order in which they are asked.
struct CompiledRoute: Sendable {
    enum Action: Sendable {
        case proxy(Upstream)
        case openAPI
        case aggregate(Aggregate)
    }

    let name: String
    /// The pattern, for the access log and the metrics.
    let template: String
    let action: Action
    let isPublic: Bool
    let scopes: UInt64
    /// The scopes by name, for `WWW-Authenticate`.
    let scopeNames: [String]
    let addressLimits: [CompiledLimit]
    let userLimits: [CompiledLimit]
    var timeouts = TimeoutConfiguration()
    var bodyLimit = 0
    var honoursKeys = false
    var prefix = ""
    var prefixLength = 0

    init(
        name: String, path: PathPattern, action: Action, access: Access, limits: [CompiledLimit],
        scopes table: ScopeTable
    ) {
        self.name = name
        template = path.description
        self.action = action
        addressLimits = limits.filter { $0.key == .address }
        userLimits = limits.filter { $0.key == .user }
        switch access {
        case .public: (isPublic, scopeNames) = (true, [])
        case .authenticated(let names): (isPublic, scopeNames) = (false, names)
        }
        scopes = table.mask(scopeNames)
    }
}
