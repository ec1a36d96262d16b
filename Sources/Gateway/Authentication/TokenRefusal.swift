/// Why a token is not accepted. The log says which; the client only learns that its token is not valid.
enum TokenRefusal: String, Error, Sendable, CaseIterable {
    case tooLong = "token_too_long"
    case malformed = "token_malformed"
    /// A member of the header or the claims is there twice: the next reader might take the other one.
    case duplicateMember = "token_duplicate_member"
    /// `alg` is `none`.
    case unsigned = "token_algorithm_none"
    /// `alg` is HMAC, whose key would be a public one.
    case symmetric = "token_algorithm_hmac"
    /// An algorithm that its issuer may not use.
    case algorithm = "token_algorithm"
    /// The named key is not of the algorithm's type.
    case keyType = "token_key_type"
    case type = "token_type"
    case critical = "token_header_crit"
    case keyURL = "token_header_jku"
    case embeddedKey = "token_header_jwk"
    case certificateURL = "token_header_x5u"
    case certificates = "token_header_x5c"
    case unencoded = "token_header_b64"
    /// Another member than `alg`, `typ`, `kid` and the two thumbprints, or no usable `kid`.
    case header = "token_header"
    case unknownKey = "token_unknown_key"
    case signature = "token_signature"
    case issuer = "token_issuer"
    case audience = "token_audience"
    case expired = "token_expired"
    case notYetValid = "token_not_yet_valid"
    case missingClaim = "token_missing_claim"
    /// Its session was ended, by a logout or because a refresh token was stolen.
    case sessionEnded = "token_session_ended"
    /// Its user is locked.
    case userLocked = "token_user_locked"
    /// Its user has other roles than it says.
    case outdated = "token_outdated"
}
