import Chassis

/// Writes the mails.
struct MailComposer: Sendable {
    let sender: EmailAddress
    /// With `{token}` in it; nil shows the token itself and the call that takes it.
    let verifyURL: String?
    /// As above, for another password.
    let resetURL: String?
    let key: CredentialKey

    /// The mail of an entry of the outbox; nil for one to nobody.
    func message(_ mail: StoredMail) -> MailMessage? {
        guard let recipient = mail.recipient else { return nil }
        let token = mail.kind.purpose.flatMap { purpose in
            mail.salt.map { OneTimeToken(purpose, salt: $0, key: key) }
        }
        return MailMessage(
            id: mail.id, sender: sender, recipient: recipient, subject: Self.subject(mail.kind),
            text: text(mail.kind, token, RFC3339.string(mail.createdAt)), date: mail.createdAt)
    }

    private static func subject(_ kind: MailKind) -> String {
        switch kind {
        case .verifyEmail, .signUpAgain: "Verify your e-mail address"
        case .addressTaken: "Somebody signed up with your address"
        case .resetPassword: "Choose another password"
        case .passwordChanged, .passwordReset: "Your password was changed"
        }
    }

    private func text(_ kind: MailKind, _ token: OneTimeToken?, _ time: String) -> String {
        switch kind {
        case .verifyEmail:
            """
            At \(time) somebody signed up to Tollgate with this address.

            \(way(token))

            It is good for 24 hours, once. If it was not you, do nothing: without it the
            address belongs to nobody.
            """
        case .signUpAgain:
            """
            At \(time) somebody signed up to Tollgate with this address, for which an account
            waits to be verified already. Nothing was changed.

            \(way(token))

            It is good for 24 hours, once, and the one before is void. If the password of that account
            is not yours, ask for another one after that. If it was not you, do nothing.
            """
        case .addressTaken:
            """
            At \(time) somebody signed up to Tollgate with this address, which has an account already.
            Nothing was changed.

            If it was you and you do not know the password any more, ask for another one. If it was not
            you, there is nothing to do.
            """
        case .resetPassword:
            """
            At \(time) somebody asked to choose another password for the account of this address.

            \(way(token))

            It is good for 30 minutes, once, and the one before is void. Choosing a password ends all
            sessions. If it was not you, do nothing: your password stays as it is.
            """
        case .passwordChanged:
            """
            At \(time) the password of your account was changed by somebody who knew it. All other
            sessions have ended.

            If it was not you, choose another password at once, and look at your API keys.
            """
        case .passwordReset:
            """
            At \(time) the password of your account was changed by means of a mail to this address. All
            sessions have ended.

            If it was not you, somebody reads your mail: secure your mailbox first, then choose another
            password, and look at your API keys.
            """
        }
    }

    /// How to use a token: a link, or the token and the call that takes it.
    private func way(_ token: OneTimeToken?) -> String {
        guard let token else { return "" }
        let (template, call) =
            switch token.purpose {
            case .verifyEmail: (verifyURL, "POST /api/v1/users/verify-email {\"token\": \"...\"}")
            case .resetPassword:
                (resetURL, "POST /api/v1/password/reset {\"token\": \"...\", \"new_password\": \"...\"}")
            }
        guard let template else { return "Token: \(token.exposed)\nUse it with: \(call)" }
        return "Open this link:\n" + template.replacing("{token}", with: token.exposed, maxReplacements: 1)
    }
}
