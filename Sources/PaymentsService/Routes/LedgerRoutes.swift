import Chassis
import HTTP

/// The trial balance: `/ledger` on the admin port, for operators, and `/v1/ledger` on the service port, for admins.
struct LedgerRoutes: Sendable {
    let store: PaymentsStore

    /// - Parameter guardian: Lets nobody in but operators.
    func installForOperators(in router: inout Router, behind guardian: any Middleware) {
        router.get("/ledger/trial-balance") { request in
            try await guardian.handle(request) { _ in try await trialBalance() }
        }
    }

    func install(in router: inout Router) {
        router.get("/v1/ledger/trial-balance") { request in
            try SupportGuard.admitAdmin(request)
            return try await trialBalance().unstored
        }
    }

    private func trialBalance() async throws -> Response { try await .json(store.trialBalance().json) }
}
