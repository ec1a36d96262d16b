import HTTP
import HTTPTypes

/// Asks for a login that is recent, or strong, enough (RFC 9470).
struct StepUp: Sendable {
    private let configuration: StepUpConfiguration
    private let challenge: String

    init(_ configuration: StepUpConfiguration) {
        self.configuration = configuration
        let contexts = configuration.contexts.joined(separator: " ")
        // Section 3: the client learns what a new login must be like. Both values are free of quotes.
        challenge =
            "Bearer realm=\"tollgate\", error=\"insufficient_user_authentication\", "
            + "max_age=\"\(configuration.maxAge / 1_000)\"" + (contexts.isEmpty ? "" : ", acr_values=\"\(contexts)\"")
    }

    /// Lets a token through whose user was authenticated lately. One that does not say when is too old.
    ///
    /// - Parameter now: Milliseconds since 1970.
    /// - Throws: `Problem` 401 `insufficient_user_authentication`.
    func check(_ claims: TokenClaims, now: Int64, _ context: RequestContext) throws(Problem) {
        guard let time = claims.authenticatedAt, now - time <= configuration.maxAge else {
            throw refusal("authentication_too_old", context)
        }
        guard configuration.contexts.isEmpty || configuration.contexts.contains(claims.context ?? "") else {
            throw refusal("authentication_too_weak", context)
        }
    }

    private func refusal(_ reason: String, _ context: RequestContext) -> Problem {
        context.reason = reason
        return Problem(
            .unauthorized, "insufficient_user_authentication",
            detail: "This needs a more recent or a stronger proof of who you are.",
            fields: [.wwwAuthenticate: challenge])
    }
}
