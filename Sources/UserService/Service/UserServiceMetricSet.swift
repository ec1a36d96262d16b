public import Chassis

/// What user-service measures beside the chassis and the database.
public struct UserServiceMetricSet: MetricSet {
    /// All of them.
    public static let declared = UserServiceMetricSet()

    let passwordHashesPending = Metric.gauge(
        "tollgate_password_hashes_pending",
        help: "Password hashes that are computed or wait to be.")
    let passwordHashesShed = Metric.readCounter(
        "tollgate_password_hashes_shed_total",
        help: "Password hashes turned away with 503 because too many waited.")
    let auditRefusalsDropped = Metric.readCounter(
        "tollgate_audit_refusals_dropped_total",
        help: "Refused attempts of administration that were too many for the audit log.")
    let passwordAttemptsRefused = Metric.readCounter(
        "tollgate_password_attempts_refused_total", .label("limit", AttemptGuard.Limit.self),
        help:
            "Attempts at passwords that came too early; strangers that grows is somebody who guesses from many addresses."
    )
    let credentialRequestsRefused = Metric.readCounter(
        "tollgate_credential_requests_refused_total", .label("limit", RequestLimits.Subject.self),
        help: "Requests about accounts above their limit; recipient are mails that were not sent.")
    let mailsSent = Metric.counter(
        "tollgate_mails_sent_total",
        help: "Mails handed over.")
    let mailFailures = Metric.counter(
        "tollgate_mail_failures_total",
        help: "Tries to send a mail that failed.")
    let mailsPending = Metric.gauge(
        "tollgate_mails_pending",
        help: "Mails that wait.")
    let mailsDead = Metric.gauge(
        "tollgate_mails_dead",
        help: "Mails that were given up, kept for 14 days: alert on this.")
    let mailOldest = Metric.gauge(
        "tollgate_mail_oldest_seconds",
        help: "Age of the oldest mail that waits: alert above a few minutes.")
    let signingKeysPublished = Metric.gauge(
        "tollgate_signing_keys_published",
        help: "Keys in the key set: one signs, one is next, the others retire.")
    let signingKeyAge = Metric.gauge(
        "tollgate_signing_key_age_seconds",
        help: "For how long the key has signed that signs access tokens now; it is replaced every KEY_ROTATION_DAYS.")
    let logins = Metric.counter(
        "tollgate_logins_total", .label("result", LoginResult.self),
        help: "Logins by outcome; invalid_credentials tells unknown addresses and wrong passwords not apart.")
    let signUps = Metric.counter(
        "tollgate_sign_ups_total", .label("result", SignUpResult.self),
        help: "Sign-ups by outcome; with verification on all are asked, whatever the mail says.")
}
