/// What a mail is about. Nothing in it is chosen by whoever caused it: nobody sends their own words through this service.
enum MailKind: String, Sendable, CaseIterable {
    /// Somebody signed up with the address.
    case verifyEmail = "verify_email"
    /// Somebody signed up with the address of an account that is not verified yet.
    case signUpAgain = "sign_up_again"
    /// Somebody signed up with the address of an account.
    case addressTaken = "address_taken"
    /// Somebody asked to choose another password.
    case resetPassword = "reset_password"
    /// The password was changed by somebody who knew it.
    case passwordChanged = "password_changed"
    /// The password was changed by somebody who reads this mail.
    case passwordReset = "password_reset"

    /// What the token in it is for; nil when there is none.
    var purpose: OneTimeToken.Purpose? {
        switch self {
        case .verifyEmail, .signUpAgain: .verifyEmail
        case .resetPassword: .resetPassword
        case .addressTaken, .passwordChanged, .passwordReset: nil
        }
    }

    /// For how long there is a point in sending it, in milliseconds: as long as its token is good, or two days.
    var life: Int64 { purpose?.life ?? 2 * 86_400_000 }
}
