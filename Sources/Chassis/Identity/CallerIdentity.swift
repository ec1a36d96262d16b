/// Who is behind a request between services: the calling service, and the user it acts for where there is one.
public struct CallerIdentity: Sendable, Hashable {
    /// The calling service, such as `gateway`.
    public var issuer: String
    /// The user (`usr_…`), or `nil` when the service acts for nobody.
    public var subject: String?
    /// The user's session; `nil` for an API key, which belongs to none.
    public var sessionID: String?
    /// The API key (`key_…`) that the user called with, or `nil` for a login.
    public var keyID: String?
    /// What the user's token or key allows, such as `payments:write`.
    public var scopes: Set<String>
    /// The user's roles.
    public var roles: [String]

    /// Describes a caller.
    public init(
        issuer: String, subject: String? = nil, sessionID: String? = nil, keyID: String? = nil,
        scopes: Set<String> = [], roles: [String] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.sessionID = sessionID
        self.keyID = keyID
        self.scopes = scopes
        self.roles = roles
    }
}
