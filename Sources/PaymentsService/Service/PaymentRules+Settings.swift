import Chassis

extension PaymentRules {
    /// `AUTHORIZATION_SECONDS` (default a week: how long an authorised payment can be captured).
    ///
    /// - Throws: `SettingsError`.
    init(_ settings: Settings) throws {
        self.init()
        let seconds = try settings.integer("AUTHORIZATION_SECONDS", in: 1...31_536_000, default: 604_800)
        authorizationLifetime = Int64(seconds) * 1_000
    }
}
