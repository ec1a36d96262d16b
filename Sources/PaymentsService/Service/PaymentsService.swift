public import Chassis
import HTTP
import ServiceLifecycle
import ServiceStorage
import Sockets
import Storage

/// The payments-service: accounts, payments, deposits and withdrawals over a double-entry ledger.
public enum PaymentsService {
    /// Opens the database, and puts together routes and background work.
    ///
    /// Settings beside the chassis' own: `USER_SERVICE_URL` (default `http://127.0.0.1:8081`),
    /// `PROCESSOR_CALLBACK_SECRET` (or `…_FILE`; without it no callback is believed), `SANDBOX_SLOW_MILLISECONDS` (default
    /// 1000: how long the slow cards and bank accounts of the sandbox take) and `SANDBOX_CALLBACK_URL` (without it the
    /// sandbox sends no callbacks).
    ///
    /// - Throws: `SettingsError`, or `DatabaseError` when the database cannot be opened or migrated.
    public static func build(_ chassis: Chassis) async throws -> ServiceDefinition {
        let slow = try slowMilliseconds(chassis)
        let secrets = try CallbackSecrets(chassis.settings)
        let transport = try HTTPCallbackTransport(chassis)
        let users = try userServiceEndpoint(chassis)
        let payees = UserServiceDirectory(
            client: chassis.client, endpoint: users, signer: try chassis.identity.signer, logger: chassis.logger)
        let gateway = try chassis.identity.middleware(allowedIssuers: ["gateway"])
        let userService = try chassis.identity.middleware(allowedIssuers: ["user-service"])
        let rules = try PaymentRules(chassis.settings)
        // Last, so that a wrong setting is told before files are made.
        let policy = try WebhookPolicy(chassis.settings)
        let commits = CommitSignal()
        let database = try await ServiceDatabase.open(chassis, migrations: Schema.migrations, observer: commits)
        let store = PaymentsStore(
            database: database, identifiers: chassis.identifiers, clock: chassis.clock,
            rules: rules, metrics: PaymentsMetrics(chassis.metrics))
        let sandbox = try await SandboxProcessor.open(chassis, slowMilliseconds: slow)
        let saga = ProcessorSaga(store: store, processor: sandbox, traces: chassis.traces)
        let feed = try await IdentityFeed.open(
            chassis, database: database,
            users: ServiceClient(
                client: chassis.client, endpoint: users, audience: "user-service",
                signer: try chassis.identity.signer))
        let webhooks = try Webhooks(chassis, store: store, policy: policy)
        feed.guardian.revocations.onUnlock { webhooks.relay.takeUp() }
        let events = try EventFeed(
            chassis, store: store, commits: commits, revocations: feed.guardian.revocations, webhooks: webhooks)
        let api = PaymentsAPI(
            store: store, saga: saga, payees: payees,
            names: OwnerNames(directory: payees, clock: chassis.clock),
            callbacks: CallbackRoutes(store: store, secrets: secrets, logger: chassis.logger),
            revocations: feed.guardian, streams: events.streams, webhooks: webhooks,
            traces: chassis.traces)
        let callbacks = transport.map { SandboxCallbacks(sandbox: sandbox, secrets: secrets, transport: $0) }
        var router = api.router(behind: gateway, userService: userService)
        FaultRoutes(chassis).installForGateway(in: &router)
        var definition = ServiceDefinition(
            handler: router.handler,
            adminRoutes: { router in
                LedgerRoutes(store: store).installForOperators(in: &router, behind: chassis.adminToken)
                ReportRoutes(sandbox: sandbox, guardian: chassis.adminToken).install(in: &router)
            },
            services: jobs(store, saga, callbacks, chassis) + feed.services + events.services
                + webhooks.services,
            onShutdown: {
                await database.close()
                await sandbox.database.close()
            })
        definition.template = router.templates
        return definition
    }

    private static func slowMilliseconds(_ chassis: Chassis) throws -> Int64 {
        Int64(try chassis.settings.integer("SANDBOX_SLOW_MILLISECONDS", in: 0...600_000, default: 1_000))
    }

    private static func userServiceEndpoint(_ chassis: Chassis) throws -> Endpoint {
        let setting = "USER_SERVICE_URL"
        return try Endpoint(
            url: chassis.settings.string(setting, default: "http://127.0.0.1:8081"), setting: setting)
    }

    private static func jobs(
        _ store: PaymentsStore, _ saga: ProcessorSaga, _ callbacks: SandboxCallbacks?, _ chassis: Chassis
    ) -> [any Service] {
        let deliveries = callbacks.map { callbacks in
            PeriodicJob(name: "sandbox-callbacks", interval: .milliseconds(250), logger: chassis.logger) { _ in
                try await callbacks.deliver()
            }
        }
        let ledger = LedgerMetrics(chassis.metrics)
        let jobs = [
            PeriodicJob(name: "ledger-sums", interval: .seconds(60), logger: chassis.logger) { _ in
                ledger.show(try await store.ledgerSums(), at: chassis.clock.now)
            },
            PeriodicJob(name: "processor-operations", interval: .milliseconds(500), logger: chassis.logger) { round in
                // Whatever the process before this one left behind is due at once.
                try await saga.resume(all: round == 0)
            },
            PeriodicJob(name: "authorizations", interval: .seconds(1), logger: chassis.logger) { _ in
                try await store.expireAuthorizations()
            },
            PeriodicJob(name: "idempotency-keys", interval: .seconds(600), logger: chassis.logger) { _ in
                try await store.purgeKeys()
                try await store.purgePaymentDays()
            },
        ]
        return jobs + [deliveries].compactMap { $0 }
    }
}
