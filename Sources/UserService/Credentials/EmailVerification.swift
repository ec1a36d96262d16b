/// What `EMAIL_VERIFICATION` chooses.
enum EmailVerification: String, Sendable, CaseIterable {
    /// Nobody logs in before they have shown that they read mail at their address.
    case required
    /// Addresses are verified by mail; whoever has not done so may log in, but is found by nobody who pays.
    case optional
    /// No mail is sent at sign-up, and every address counts.
    case off
}
