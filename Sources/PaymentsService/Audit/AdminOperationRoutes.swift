import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage

/// `/v1/admin/deposits` or `/v1/admin/withdrawals`: other people's, for support and admins. Each look leaves a line in the
/// audit log.
struct AdminOperationRoutes: Sendable {
    let kind: ProcessorOperation.Kind
    let store: PaymentsStore
    let names: OwnerNames

    func install(in router: inout Router) {
        let collection = "/v1/admin/\(kind.rawValue)s"
        router.get(collection) { request in try await list(request) }
        router.get("\(collection)/{id}") { request in try await get(request) }
    }

    /// `?owner=usr_…`: those of one user, newest first.
    private func list(_ request: Request) async throws -> Response {
        let origin = try SupportGuard.admit(request)
        guard let owner = request.query["owner"], (1...64).contains(owner.utf8.count) else {
            throw Problem(.badRequest, "invalid_query", detail: "owner must be the id of a user.")
        }
        let query = try ListQuery(request, kind: "admin-\(kind.rawValue)s")
        // Before anything is shown: where no line can be written, nothing is.
        try await store.audit.append(AuditEntry(action: .listing(kind), target: owner), by: origin)
        let found = try await store.operations(kind, of: owner, before: query.after, limit: query.rows)
        let name = found.isEmpty ? nil : await names.name(of: owner, for: RequestOrigin(request.context))
        return query.page(found, key: \.id) { operation, json in
            AdministeredOperation(operation: operation, ownerName: name).write(to: &json)
        }.unstored
    }

    private func get(_ request: Request) async throws -> Response {
        let origin = try SupportGuard.admit(request)
        let id = try request.parameters.require("id")
        guard let operation = try await store.operation(id, kind) else { throw Problem.notFound }
        try await store.audit.append(AuditEntry(action: .reading(kind), target: id), by: origin)
        let name = await names.name(of: operation.owner, for: RequestOrigin(request.context))
        return Response.json(AdministeredOperation(operation: operation, ownerName: name).json).unstored
    }
}

/// A deposit or a withdrawal as the staff sees it: with its owner, and what the processor and the ledger know it by.
private struct AdministeredOperation: JSONWritable {
    let operation: ProcessorOperation
    let ownerName: String?

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("owner", operation.owner)
        json.member("owner_name", ownerName)
        operation.writeMembers(to: &json)
        json.member("processor_key", operation.order.key)
        json.member("transfer", operation.transfer)
        json.member("attempts", operation.attempts)
        json.endObject()
    }
}
