import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/internal/v1`: what other services ask. Each route names who may call it.
struct InternalRoutes: Sendable {
    let users: UserStore
    /// Whether an address finds somebody only when it is verified.
    let verification: EmailVerification
    /// Lets payments-service in.
    let payments: IdentityMiddleware

    func register(on router: inout Router) {
        router.get("/internal/v1/users/resolve") { request in
            try await payments.handle(request) { try await resolve($0) }
        }
    }

    /// `GET /internal/v1/users/resolve?email=` or `?user=`: 200 `{id, name}`, 404, or 400 unless exactly one is given.
    private func resolve(_ request: Request) async throws -> Response {
        guard let user = try await user(named: request.query) else { throw Problem.notFound }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", user.id)
        writer.member("name", user.name.text)
        writer.endObject()
        return .json(writer.bytes, fields: [.cacheControl: "no-store"])
    }

    private func user(named query: Query) async throws -> User? {
        switch (query.all("email"), query.all("user")) {
        case (let emails, []) where emails.count == 1:
            guard let email = EmailAddress(emails[0]) else { return nil }
            let user = try await users.user(email: email)
            // Money for an address is not for somebody who only claims it.
            return verification == .off || user?.isEmailVerified == true ? user : nil
        case ([], let ids) where ids.count == 1:
            guard Identifier.isValid(ids[0], prefix: "usr") else { return nil }
            return try await users.user(id: ids[0])
        default:
            throw Problem(.badRequest, "bad_query", detail: "Give either email or user, once.")
        }
    }
}
