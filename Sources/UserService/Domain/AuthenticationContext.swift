/// How a user proved who he is: the `acr` of access tokens (RFC 9068 §2.2.1, OpenID Connect Core §2).
enum AuthenticationContext: String, Sendable, CaseIterable {
    /// A password alone.
    case password
    /// A password and a second factor.
    case mfa

    /// The claim's value.
    var name: String { "urn:tollgate:acr:\(rawValue)" }
}
