import Chassis
import Sockets

/// The settings of this service beside those of every service.
struct UserServiceSettings: Sendable {
    /// `SIGNING_KEY_DIR`, where earlier versions kept the keys of access tokens; default `<DATA_DIR>/signing-keys`.
    let signingKeyDirectory: String
    /// `TOKEN_ISSUER`, the `iss` of access tokens; default `tollgate`.
    let tokenIssuer: String
    /// `TOKEN_AUDIENCE`, their `aud`; default `tollgate`.
    let tokenAudience: String
    /// `PAYMENTS_SERVICE_URL`; default `http://127.0.0.1:8082`.
    let paymentsService: Endpoint
    /// Encrypts what must not be readable in the database: `SIGNING_KEY_ENCRYPTION_KEY_FILE`.
    let sealer: DataSealer
    /// How signing keys follow each other: `KEY_ROTATION_DAYS`, `KEY_PUBLISH_SECONDS`, `KEY_OVERLAP_SECONDS`.
    let keyRotation: KeyRotation.Policy
    /// How long sessions and tokens last: `ACCESS_TOKEN_SECONDS`.
    let sessions: SessionPolicy

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
        sealer = try DataSealer(settings)
        sessions = try Self.sessions(settings)
        keyRotation = try Self.keyRotation(settings, accessToken: sessions.accessToken)
    }

    /// Ten minutes at most: that is for how long gateways remember an ended session.
    private static func sessions(_ settings: Settings) throws(SettingsError) -> SessionPolicy {
        var policy = SessionPolicy()
        let seconds = try settings.integer("ACCESS_TOKEN_SECONDS", in: 1...600, default: 600)
        policy.accessToken = Int64(seconds) * 1_000
        return policy
    }

    private static func keyRotation(
        _ settings: Settings, accessToken: Int64
    ) throws(SettingsError) -> KeyRotation.Policy {
        let defaults = KeyRotation.Policy()
        let days = try settings.number("KEY_ROTATION_DAYS", in: 0...3_650, default: 30)
        let publish = try settings.integer(
            "KEY_PUBLISH_SECONDS", in: 1...86_400, default: Int(defaults.publishAhead / 1_000))
        let least = Int(accessToken / 1_000)
        let overlap = try settings.integer(
            "KEY_OVERLAP_SECONDS", in: least...86_400, default: max(least, Int(defaults.overlap / 1_000)))
        return KeyRotation.Policy(
            publishAhead: Int64(publish) * 1_000, overlap: Int64(overlap) * 1_000,
            period: days == 0 ? nil : Int64(days * 86_400_000))
    }
}
