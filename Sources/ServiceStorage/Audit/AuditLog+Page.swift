public import Chassis
public import HTTP
import HTTPTypes
public import JSON

extension AuditLog {
    /// A page of the log as the answer of a list, newest first, to be kept by nobody.
    /// - Throws: `Problem` 400 `invalid_cursor`, `DatabaseError`.
    public func page(_ query: ListQuery, _ filter: Filter) async throws -> Response {
        let position = try query.after.map { text throws(Problem) in
            guard let number = Int64(text) else { throw Problem(.badRequest, "invalid_cursor") }
            return number
        }
        let found = try await lines(filter, before: position, limit: query.rows)
        return query.page(found, key: { String($0.sequence) }) { line, json in line.write(to: &json) }.unstored
    }
}

extension AuditLog.Line: JSONWritable {
    /// `{id, occurred_at, actor, action, outcome, code, target, client_address, request_id, before, after}`.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("occurred_at", RFC3339.string(occurredAt))
        json.member("actor", origin.actor)
        json.member("action", action)
        json.member("outcome", outcome)
        json.member("code", code)
        json.member("target", target)
        json.member("client_address", origin.address)
        json.member("request_id", origin.requestID)
        for (name, object) in [("before", before), ("after", after)] {
            json.key(name)
            if let object { json.raw(Array(object.utf8)) } else { json.null() }
        }
        json.endObject()
    }
}
