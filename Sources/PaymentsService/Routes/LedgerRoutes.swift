import HTTP

/// `/ledger` on the admin port.
struct LedgerRoutes: Sendable {
    let store: PaymentsStore
    /// Lets nobody in but operators.
    let guardian: any Middleware

    func install(in router: inout Router) {
        router.get("/ledger/trial-balance") { request in
            try await guardian.handle(request) { _ in
                try await .json(store.trialBalance().json)
            }
        }
    }
}
