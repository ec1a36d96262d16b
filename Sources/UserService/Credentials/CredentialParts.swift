import Chassis
import Sockets
import Storage

/// What passwords, verification and mail are made of, put together once.
struct CredentialParts: Sendable {
    let verification: EmailVerification
    let attempts: AttemptGuard
    let limits: RequestLimits
    let addresses: KnownAddressStore
    let outbox: MailOutbox
    let key: CredentialKey

    /// The parts of a service.
    init(_ settings: CredentialSettings, _ chassis: Chassis, _ database: any Database) {
        verification = settings.verification
        attempts = AttemptGuard(mode: settings.limits, failuresPerAddress: settings.failuresPerAddress)
        limits = RequestLimits(
            mode: settings.limits, signUps: settings.signUpsPerAddress, mails: settings.mailRequestsPerAddress)
        addresses = KnownAddressStore(database: database, clock: chassis.clock, key: settings.key)
        outbox = MailOutbox(database: database, clock: chassis.clock, identifiers: chassis.identifiers)
        key = settings.key
    }

    /// The parts with every number at its default.
    /// - Parameter now: A monotonic clock, nanoseconds.
    init(
        verification: EmailVerification, mode: AttemptGuard.Mode, database: any Database, clock: any WallClock,
        identifiers: any IdentifierGenerator, key: CredentialKey, now: @escaping @Sendable () -> UInt64
    ) {
        self.verification = verification
        attempts = AttemptGuard(mode: mode, now: now)
        limits = RequestLimits(mode: mode, now: now)
        addresses = KnownAddressStore(database: database, clock: clock, key: key)
        outbox = MailOutbox(database: database, clock: clock, identifiers: identifiers)
        self.key = key
    }

    /// Counts what the limits refuse.
    func register(in metrics: MetricsRegistry) {
        let refusedAttempts = AttemptGuard.Limit.allCases.map { limit in
            (
                limit,
                metrics.readCounter(
                    UserServiceMetricSet.declared.passwordAttemptsRefused, labels: ["limit": limit.rawValue])
            )
        }
        let refusedRequests = RequestLimits.Subject.allCases.map { subject in
            (
                subject,
                metrics.readCounter(
                    UserServiceMetricSet.declared.credentialRequestsRefused,
                    labels: ["limit": subject.rawValue])
            )
        }
        metrics.onCollect { [attempts, limits] in
            for (limit, counter) in refusedAttempts { counter.set(Double(attempts.refused(limit))) }
            for (subject, counter) in refusedRequests { counter.set(Double(limits.refused(subject))) }
        }
    }
}
