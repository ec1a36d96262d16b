import Chassis
import HTTP

/// The routes of the service port.
struct PaymentsAPI: Sendable {
    let store: PaymentsStore
    let saga: DepositSaga
    let payees: any PayeeDirectory

    /// All routes behind `identity`, which verifies who calls.
    func router(behind identity: any Middleware) -> Router {
        var router = Router()
        router.use(DeadlineMiddleware())
        router.use(identity)
        router.use(GzipResponses())
        router.use(GzipRequests())
        router.use(StorageFailures())
        AccountRoutes(store: store).install(in: &router)
        DepositRoutes(store: store, saga: saga).install(in: &router)
        PaymentRoutes(store: store, payees: payees).install(in: &router)
        return router
    }
}
