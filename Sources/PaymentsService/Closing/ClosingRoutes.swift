import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/internal/v1/users/{id}/close`: a step of erasing a user.
struct ClosingRoutes: Sendable {
    let store: PaymentsStore
    /// Lets user-service in, and nobody else.
    let userService: any Middleware

    func install(in router: inout Router) {
        router.post("/internal/v1/users/{id}/close", bodyLimit: 0) { request in
            try await userService.handle(request) { try await close($0) }
        }
    }

    /// 200 `{"accounts": …}` when all accounts of the user are closed, now or before; 409 `money_left`.
    private func close(_ request: Request) async throws -> Response {
        let user = try request.parameters.require("id")
        guard Identifier.isValid(user, prefix: "usr") else { throw Problem.notFound }
        switch try await store.closeAccounts(of: user) {
        case .moneyLeft:
            throw Problem(.conflict, "money_left", detail: "There is money left in an account, or on its way to one.")
        case .closed(let accounts):
            var json = JSONWriter()
            json.beginObject()
            json.member("accounts", accounts)
            json.endObject()
            return .json(json.bytes)
        }
    }
}
