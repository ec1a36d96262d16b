import Chassis

/// How mail is sent.
struct MailSettings: Sendable {
    /// `MAIL_FROM`, the sender's address; default `tollgate@localhost.localdomain`.
    let sender: EmailAddress
    /// `MAIL_VERIFY_URL` and `MAIL_RESET_URL`: the pages of a front end that take a token, with `{token}` where it goes
    /// (best behind a `#`, which no server logs). Without them a mail shows the token.
    let verifyURL: String?
    let resetURL: String?
    /// nil without `SMTP_HOST`: mail then goes to files.
    let smtp: SMTPSettings?
    /// `<DATA_DIR>/mail`.
    let directory: String

    init(_ settings: Settings, dataDirectory: String) throws(SettingsError) {
        let text = settings.string("MAIL_FROM", default: "tollgate@localhost.localdomain")
        guard let sender = EmailAddress(text) else {
            throw SettingsError(key: "MAIL_FROM", value: text, allowed: "an e-mail address")
        }
        self.sender = sender
        verifyURL = try Self.checked(settings.optionalString("MAIL_VERIFY_URL"), "MAIL_VERIFY_URL")
        resetURL = try Self.checked(settings.optionalString("MAIL_RESET_URL"), "MAIL_RESET_URL")
        smtp = try SMTPSettings(settings)
        directory = "\(dataDirectory)/mail"
    }

    private static func checked(_ url: String?, _ key: String) throws(SettingsError) -> String? {
        guard let text = url else { return nil }
        let isURL =
            (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 500
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && text.contains("{token}")
        guard isURL else {
            throw SettingsError(key: key, value: text, allowed: "an http or https URL with {token} in it")
        }
        return text
    }

    /// What sends the outbox's mail, by SMTP or into files.
    func relay(_ outbox: MailOutbox, key: CredentialKey, _ chassis: Chassis) -> MailRelay {
        let deliverer: any MailSender =
            if let smtp { SMTPMailSender(settings: smtp, resolver: chassis.resolver, loops: chassis.loops) } else {
                FileMailSender(directory: directory)
            }
        return MailRelay(
            outbox: outbox, sender: deliverer,
            composer: MailComposer(sender: sender, verifyURL: verifyURL, resetURL: resetURL, key: key),
            metrics: MailMetrics(chassis.metrics), logger: chassis.logger)
    }
}
