import Chassis

/// The settings of passwords, verification and limits.
struct CredentialSettings: Sendable {
    /// `EMAIL_VERIFICATION`: `required`, `optional` or `off`; default `off`.
    let verification: EmailVerification
    /// `CREDENTIAL_KEY_FILE` or `CREDENTIAL_KEY`; default `<DATA_DIR>/credential-key`, made at the first start.
    let key: CredentialKey
    /// `RATE_LIMITS`, which the gateway obeys too: `on`, `observe` or `off`.
    let limits: AttemptGuard.Mode
    /// `LOGIN_FAILURES_PER_ADDRESS`: failed logins of one address in ten minutes; default 100.
    let failuresPerAddress: Int
    /// `SIGN_UPS_PER_ADDRESS`: sign-ups of one address a minute; default 20.
    let signUpsPerAddress: Int
    /// `MAIL_REQUESTS_PER_ADDRESS`: requests of one address an hour that send a mail; default 30.
    let mailRequestsPerAddress: Int

    init(_ settings: Settings, dataDirectory: String) throws {
        verification = try settings.choice("EMAIL_VERIFICATION", default: EmailVerification.off)
        limits = try settings.choice("RATE_LIMITS", default: AttemptGuard.Mode.on)
        failuresPerAddress = try settings.integer("LOGIN_FAILURES_PER_ADDRESS", in: 1...1_000_000, default: 100)
        signUpsPerAddress = try settings.integer("SIGN_UPS_PER_ADDRESS", in: 1...1_000_000, default: 20)
        mailRequestsPerAddress = try settings.integer("MAIL_REQUESTS_PER_ADDRESS", in: 1...1_000_000, default: 30)
        try FileAccess.makeDirectory(dataDirectory, mode: 0o700)
        key = try CredentialKey.load(settings, dataDirectory: dataDirectory)
    }
}
