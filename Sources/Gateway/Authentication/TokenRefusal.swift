/// Why a token is not accepted. The log says which; the client only learns that its token is not valid.
enum TokenRefusal: String, Error, Sendable, CaseIterable {
    case tooLong = "token_too_long"
    case malformed = "token_malformed"
    case algorithm = "token_algorithm"
    case type = "token_type"
    /// A header member other than `alg`, `typ` and `kid`: `crit`, `jku`, `jwk`, `x5u`, `x5c`, `b64` and the like.
    case header = "token_header"
    case unknownKey = "token_unknown_key"
    case signature = "token_signature"
    case issuer = "token_issuer"
    case audience = "token_audience"
    case expired = "token_expired"
    case notYetValid = "token_not_yet_valid"
    case missingClaim = "token_missing_claim"
}
