import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage
import Sockets

/// `POST /admins` on the admin port, for whoever holds the admin token: makes an admin, also when all others are lost.
struct AdminCreationRoutes: Sendable {
    let creation: AdminCreation
    let guardian: AdminToken

    func register(on router: inout Router) {
        let busy = BusyMiddleware()
        router.post("/admins", bodyLimit: 16_384) { request in
            try await guardian.handle(request) { try await busy.handle($0) { try await create($0) } }
        }
    }

    /// `POST /admins {email, password, name}`: 201 with the user, or 409 `email_taken`.
    private func create(_ request: Request) async throws -> Response {
        let body = try SignUpBody(try await request.jsonObject())
        let origin = AuditOrigin(
            actor: AuditOrigin.operator, address: request.context.peer.ip, requestID: request.context.id)
        let outcome = try await creation.create(
            email: body.email, password: body.password, name: body.name, asFirst: false, by: origin)
        guard case .created(let admin) = outcome else { throw Problem.emailTaken }
        var writer = JSONWriter(capacity: 512)
        admin.write(to: &writer)
        return .json(writer.bytes, status: .created, fields: [.cacheControl: "no-store"])
    }
}
