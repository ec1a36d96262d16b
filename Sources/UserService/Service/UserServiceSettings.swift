import Chassis
import Sockets

/// The settings of this service beside those of every service.
struct UserServiceSettings: Sendable {
    /// `SIGNING_KEY_DIR`, where the keys of access tokens lie; default `<DATA_DIR>/signing-keys`.
    let signingKeyDirectory: String
    /// `TOKEN_ISSUER`, the `iss` of access tokens; default `tollgate`.
    let tokenIssuer: String
    /// `TOKEN_AUDIENCE`, their `aud`; default `tollgate`.
    let tokenAudience: String
    /// `PAYMENTS_SERVICE_URL`; default `http://127.0.0.1:8082`.
    let paymentsService: Endpoint

    /// How passwords, addresses and mail are handled.
    let credentials: CredentialSettings
    let mail: MailSettings

    /// - Throws: `SettingsError`, `FileError`.
    init(_ settings: Settings, dataDirectory: String) throws {
        signingKeyDirectory = settings.string("SIGNING_KEY_DIR", default: "\(dataDirectory)/signing-keys")
        tokenIssuer = settings.string("TOKEN_ISSUER", default: "tollgate")
        tokenAudience = settings.string("TOKEN_AUDIENCE", default: "tollgate")
        let setting = "PAYMENTS_SERVICE_URL"
        paymentsService = try Endpoint(
            url: settings.string(setting, default: "http://127.0.0.1:8082"), setting: setting)
        mail = try MailSettings(settings, dataDirectory: dataDirectory)
        credentials = try CredentialSettings(settings, dataDirectory: dataDirectory)
    }
}
