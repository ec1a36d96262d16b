import Chassis
import HTTP
import Logging

/// The service without process, files or sockets: its parts, put together into one router.
struct UserServiceRoutes: Sendable {
    let users: UserStore
    let sessions: SessionStore
    let keyStore: APIKeyStore
    let hasher: PasswordHasher
    let rotator: KeyRotator
    let issuer: AccessTokenIssuer
    let verifier: IdentityVerifier
    let payments: any PaymentsPeer
    let credentials: CredentialParts
    let logger: Logger
    /// Counts logins and sign-ups.
    var metrics = CredentialMetrics(MetricsRegistry())
    /// Bounds what refused attempts of admins write.
    let refusals = RefusalAllowance()
    /// What it remembers of its requests.
    var traces = Traces.off
    /// Whether the process is about to stop.
    var isDraining: @Sendable () -> Bool = { false }

    /// The feed that other services follow.
    var events: EventStore { EventStore(database: keyStore.database, clock: keyStore.clock) }

    /// What erases users.
    var erasing: ErasureSaga {
        ErasureSaga(
            store: ErasureStore(
                database: users.database, clock: users.clock, identifiers: users.identifiers),
            payments: payments, logger: logger)
    }

    /// What support and admins do.
    var administration: AdministrationStore {
        AdministrationStore(
            database: users.database, clock: users.clock, identifiers: users.identifiers, policy: sessions.policy,
            refusals: refusals)
    }

    /// Second factors, and logins that wait for one.
    var factors: SecondFactorStore {
        SecondFactorStore(
            database: users.database, clock: users.clock, identifiers: users.identifiers, sealer: rotator.store.sealer)
    }

    var router: Router {
        var router = Router()
        router.use(DeadlineMiddleware())
        router.use(BusyMiddleware())
        KeyRoutes(ring: rotator.ring).register(on: &router)
        let followers = identity("gateway", "payments-service")
        IntrospectionRoutes(sessions: sessions, issuer: issuer, callers: followers).register(on: &router)
        EventRoutes(
            events: events, keys: keyStore, gateway: identity("gateway"), payments: identity("payments-service"),
            followers: followers, isDraining: isDraining
        ).register(on: &router)
        InternalRoutes(
            users: users, verification: credentials.verification, payments: identity("payments-service")
        ).register(on: &router)
        // From here on only the gateway is heard: a user's own token opens nothing here.
        router.use(identity("gateway"))
        router.use(GzipResponses())
        router.use(GzipRequests())
        let live = SessionGuard(sessions: sessions, keys: keyStore)
        let second = SecondFactorLogin(
            factors: factors, sessions: live, gate: gate, tokens: SessionTokens(issuer: issuer, users: users),
            metrics: metrics)
        ErasureRoutes(saga: erasing, sessions: live).register(on: &router)
        ExportRoutes(
            store: ExportStore(database: users.database, clock: users.clock), payments: payments, sessions: live
        ).register(on: &router)
        UserRoutes(
            users: users, sessions: live, hasher: hasher, limits: credentials.limits, credentials: accounts,
            verification: credentials.verification, metrics: metrics
        ).register(on: &router)
        VerificationRoutes(credentials: accounts, limits: credentials.limits).register(on: &router)
        PasswordRoutes(credentials: accounts, gate: gate, sessions: live, limits: credentials.limits)
            .register(on: &router)
        SessionRoutes(
            users: users, sessions: live, gate: gate, verification: credentials.verification, issuer: issuer,
            logger: logger, secondFactor: second, metrics: metrics
        ).register(on: &router)
        second.register(on: &router)
        SecondFactorRoutes(factors: factors, users: users, sessions: live).register(on: &router)
        UserSessionRoutes(sessions: live).register(on: &router)
        APIKeyRoutes(keys: keyStore, sessions: live).register(on: &router)
        let guardian = AdminGuard(sessions: live, store: administration)
        AdminUserRoutes(store: administration, guardian: guardian).register(on: &router)
        SigningKeyRoutes(rotator: rotator, guardian: guardian).register(on: &router)
        AuditRoutes(audit: administration.audit, guardian: guardian).register(on: &router)
        TraceRoutes(traces: traces, guardian: guardian).register(on: &router)
        return router
    }

    /// Checks passwords.
    var gate: PasswordGate {
        PasswordGate(
            users: users, hasher: hasher, attempts: credentials.attempts, addresses: credentials.addresses)
    }

    private var accounts: CredentialStore {
        CredentialStore(users: users, outbox: credentials.outbox, key: credentials.key)
    }

    private func identity(_ services: String...) -> IdentityMiddleware {
        IdentityMiddleware(verifier: verifier, allowedIssuers: Set(services))
    }
}
