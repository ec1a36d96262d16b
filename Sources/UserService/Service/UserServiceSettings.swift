import Chassis

/// The settings of this service beside those of every service.
struct UserServiceSettings: Sendable {
    /// `SIGNING_KEY_DIR`, where the keys of access tokens lie; default `<DATA_DIR>/signing-keys`.
    let signingKeyDirectory: String
    /// `TOKEN_ISSUER`, the `iss` of access tokens; default `tollgate`.
    let tokenIssuer: String
    /// `TOKEN_AUDIENCE`, their `aud`; default `tollgate`.
    let tokenAudience: String

    init(_ settings: Settings, dataDirectory: String) {
        signingKeyDirectory = settings.string("SIGNING_KEY_DIR", default: "\(dataDirectory)/signing-keys")
        tokenIssuer = settings.string("TOKEN_ISSUER", default: "tollgate")
        tokenAudience = settings.string("TOKEN_AUDIENCE", default: "tollgate")
    }
}
