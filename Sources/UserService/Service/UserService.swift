public import Chassis
import HTTP
import Logging
import ServiceStorage
import Sockets
import Storage

/// The user-service: users, sessions, access and refresh tokens, API keys, and the public keys that verify them.
public enum UserService {
    /// The service's name: in tokens, in logs, and of its database.
    public static let name = "user-service"

    /// Opens the database, brings the signing keys up and puts the routes together.
    /// - Throws: `SettingsError`, `FileError` or `DatabaseError` when the service cannot start.
    public static func build(_ chassis: Chassis) async throws -> ServiceDefinition {
        let settings = try UserServiceSettings(chassis.settings, dataDirectory: chassis.listen.dataDirectory)
        let verifier = try chassis.identity.verifier
        let payments = try paymentsService(chassis, settings)
        let database = try await ServiceDatabase.open(chassis, migrations: UserSchema.migrations)
        let rotator = try await keyRotator(chassis, settings, database)
        let routes = routes(chassis, settings, rotator, verifier, payments, database)
        registerMetrics(chassis.metrics, routes.hasher, routes.refusals)
        let creation = AdminCreation(store: routes.administration, hasher: routes.hasher)
        try await FirstAdmin(settings: chassis.settings, creation: creation, logger: chassis.logger)
            .createWhereMissing()
        routes.credentials.register(in: chassis.metrics)
        _ = SigningKeyMetrics(chassis.metrics, rotator.ring, chassis.clock)
        var router = routes.router
        FaultRoutes(chassis).installForGateway(in: &router)
        var definition = ServiceDefinition(
            handler: router.handler,
            adminRoutes: { router in
                AdminCreationRoutes(creation: creation, guardian: chassis.adminToken).register(on: &router)
            },
            services: [
                ErasureResumer(saga: routes.erasing, logger: chassis.logger),
                SessionSweeper(
                    sessions: routes.sessions, events: routes.events, outbox: routes.credentials.outbox,
                    factors: routes.factors, erasures: routes.erasing.store, logger: chassis.logger),
                settings.mail.relay(
                    routes.credentials.outbox, key: settings.credentials.key, chassis),
                rotator,
            ],
            onShutdown: { await database.close() })
        definition.template = router.templates
        return definition
    }

    private static func paymentsService(
        _ chassis: Chassis, _ settings: UserServiceSettings
    ) throws -> PaymentsServiceClient {
        PaymentsServiceClient(
            payments: ServiceClient(
                client: chassis.client, endpoint: settings.paymentsService, audience: "payments-service",
                signer: try chassis.identity.signer),
            logger: chassis.logger)
    }

    private static func keyRotator(
        _ chassis: Chassis, _ settings: UserServiceSettings, _ database: any Database
    ) async throws -> KeyRotator {
        try await Resealing(database: database, sealer: settings.sealer, logger: chassis.logger).run()
        let store = SigningKeyStore(
            database: database, clock: chassis.clock, identifiers: chassis.identifiers, sealer: settings.sealer,
            policy: settings.keyRotation)
        let directory = SigningKeyDirectory(path: settings.signingKeyDirectory, logger: chassis.logger)
        let now = chassis.clock.now
        let ring = try await SigningKeyStart(store: store, directory: directory, settings: chassis.settings)
            .ring(now: now)
        return KeyRotator(
            store: store, ring: ring, logger: chassis.logger, clock: chassis.clock, servedSince: now)
    }

    private static func registerMetrics(
        _ metrics: MetricsRegistry, _ hasher: PasswordHasher, _ refusals: RefusalAllowance
    ) {
        let unwritten = metrics.readCounter(
            UserServiceMetricSet.declared.auditRefusalsDropped)
        metrics.onCollect { unwritten.set(Double(refusals.dropped)) }

        let pending = metrics.gauge(
            UserServiceMetricSet.declared.passwordHashesPending)
        let shed = metrics.readCounter(
            UserServiceMetricSet.declared.passwordHashesShed)
        metrics.onCollect {
            pending.set(hasher.pending)
            shed.set(hasher.shed)
        }
    }

    private static func routes(
        _ chassis: Chassis, _ settings: UserServiceSettings, _ rotator: KeyRotator, _ verifier: IdentityVerifier,
        _ payments: PaymentsServiceClient, _ database: any Database
    ) -> UserServiceRoutes {
        let policy = settings.sessions
        let users = UserStore(database: database, clock: chassis.clock, identifiers: chassis.identifiers)
        let sessions = SessionStore(
            database: database, clock: chassis.clock, identifiers: chassis.identifiers, policy: policy)
        let keyStore = APIKeyStore(database: database, clock: chassis.clock, identifiers: chassis.identifiers)
        let issuer = AccessTokenIssuer(
            issuer: settings.tokenIssuer, audience: settings.tokenAudience, policy: policy,
            identifiers: chassis.identifiers, ring: rotator.ring)
        // One core stays free for the loops. At 16 MiB each that also bounds the memory.
        let hasher = PasswordHasher(width: max(1, chassis.loops.loops.count - 1), longestWait: .seconds(5))
        return UserServiceRoutes(
            users: users, sessions: sessions, keyStore: keyStore, hasher: hasher, rotator: rotator, issuer: issuer,
            verifier: verifier, payments: payments,
            credentials: CredentialParts(settings.credentials, chassis, database), logger: chassis.logger,
            metrics: CredentialMetrics(chassis.metrics), traces: chassis.traces,
            isDraining: { [health = chassis.health] in health.isDraining })
    }
}
