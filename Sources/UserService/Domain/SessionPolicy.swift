/// How long the parts of a session live, milliseconds.
struct SessionPolicy: Sendable {
    /// An access token: 10 minutes. Nothing but a revocation ends it earlier.
    var accessToken: Int64 = 600_000
    /// A session that is not refreshed for this long is over: 7 days.
    var idle: Int64 = 7 * 86_400_000
    /// A session is over this long after the login, however often it is refreshed: 30 days.
    var absolute: Int64 = 30 * 86_400_000
    /// A refresh token that was used already gives the same successor again for this long: 10 s. It covers a lost answer
    /// and a client whose tabs refresh at once.
    var grace: Int64 = 10_000
}
