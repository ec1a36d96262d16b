/// Why a token was refused. For the log; the caller learns only that it was.
public enum IdentityRefusal: String, Error, Sendable {
    /// There is no `Tollgate-Identity` field.
    case missing
    /// Not a JWS in compact form, or claims missing or of another type.
    case malformed
    /// `alg` is not ES256.
    case wrongAlgorithm = "wrong_algorithm"
    /// `typ` is not `tollgate-id+jwt`.
    case wrongType = "wrong_type"
    /// The header or the payload has a member that our services do not write, such as `crit`.
    case unknownMember = "unknown_member"
    /// `kid` names no peer's key.
    case unknownKey = "unknown_key"
    /// The signature does not fit.
    case badSignature = "bad_signature"
    /// `iss` is not the service whose key signed.
    case wrongIssuer = "wrong_issuer"
    /// `aud` is another service.
    case wrongAudience = "wrong_audience"
    /// `exp` has passed.
    case expired
    /// `iat` is in the future, or the life is longer than 60 s.
    case wrongTimes = "wrong_times"
    /// The route does not allow this service.
    case issuerNotAllowed = "issuer_not_allowed"
}
