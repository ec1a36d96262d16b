import Chassis
import JSON

extension AuditLog.Line {
    /// `{id, occurred_at, actor, action, outcome, code, target, client_address, request_id, before, after}`.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("occurred_at", RFC3339.string(occurredAt))
        writer.member("actor", origin.actor)
        writer.member("action", action)
        writer.member("outcome", outcome)
        writer.member("code", code)
        writer.member("target", target)
        writer.member("client_address", origin.address)
        writer.member("request_id", origin.requestID)
        write("before", before, to: &writer)
        write("after", after, to: &writer)
        writer.endObject()
    }

    private func write(_ name: String, _ object: String?, to writer: inout JSONWriter) {
        writer.key(name)
        if let object { writer.raw(Array(object.utf8)) } else { writer.null() }
    }
}
