import Chassis
import HTTP

/// The routes of the service port.
struct PaymentsAPI: Sendable {
    let store: PaymentsStore
    let saga: ProcessorSaga
    let payees: any PayeeDirectory
    let names: OwnerNames
    let callbacks: CallbackRoutes
    /// Refuses what has ended.
    let revocations: RevocationGuard
    let streams: EventStreams
    let webhooks: Webhooks
    /// What the process remembers of its requests.
    var traces = Traces.off

    /// All routes.
    ///
    /// - Parameters:
    ///   - gateway: verifies that the gateway calls, for a user.
    ///   - userService: verifies that user-service calls.
    func router(behind gateway: any Middleware, userService: any Middleware) -> Router {
        var router = Router()
        router.use(DeadlineMiddleware())
        router.use(StorageFailures())
        ClosingRoutes(store: store, userService: userService).install(in: &router)
        ExportRoutes(store: store, userService: userService).install(in: &router)
        // From here on only the gateway is heard.
        router.use(gateway)
        router.use(revocations)
        router.use(GzipResponses())
        router.use(GzipRequests())
        AccountRoutes(store: store).install(in: &router)
        StatementRoutes(store: store).install(in: &router)
        AdminAccountRoutes(store: store, names: names).install(in: &router)
        for kind in ProcessorOperation.Kind.allCases {
            OperationRoutes(kind: kind, store: store, saga: saga).install(in: &router)
            AdminOperationRoutes(kind: kind, store: store, names: names).install(in: &router)
        }
        callbacks.install(in: &router)
        PaymentRoutes(store: store, payees: payees).install(in: &router)
        RefundRoutes(store: store).install(in: &router)
        BatchRoutes(store: store).install(in: &router)
        LedgerRoutes(store: store).install(in: &router)
        TraceRoutes(traces: traces).install(in: &router)
        EventRoutes(store: store, streams: streams).install(in: &router)
        WebhookRoutes(store: store, webhooks: webhooks).install(in: &router)
        WebhookDeliveryRoutes(store: store, relay: webhooks.relay).install(in: &router)
        return router
    }
}
