import Chassis
import HTTP
import HTTPTypes

/// `/internal/v1/users/{id}/export`: this service's part of what a person may have.
struct ExportRoutes: Sendable {
    let store: PaymentsStore
    /// Lets user-service in, and nobody else.
    let userService: any Middleware

    func install(in router: inout Router) {
        router.get("/internal/v1/users/{id}/export") { request in
            try await userService.handle(request) { try await export($0) }
        }
    }

    /// 200 with all that is held about the user; empty lists for one who is not known here.
    private func export(_ request: Request) async throws -> Response {
        let user = try request.parameters.require("id")
        guard Identifier.isValid(user, prefix: "usr") else { throw Problem.notFound }
        let export = UserExport(store: store, user: user)
        return Response(
            fields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .stream(length: nil) { try await export.write(to: $0) })
    }
}
