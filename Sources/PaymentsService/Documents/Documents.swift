import Chassis
import JSON

/// What clients read. Amounts are integers in minor units, times RFC 3339 in UTC.
extension Account: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    /// What owner and staff see alike.
    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("name", name?.text)
        json.member("currency", currency)
        json.member("status", status.rawValue)
        if let frozenBy { json.member("frozen_by", frozenBy.rawValue) }
        json.member("balance", balance)
        json.member("created_at", RFC3339.string(createdAt))
        if let closedAt { json.member("closed_at", RFC3339.string(closedAt)) }
    }
}

extension Balance: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("posted", posted)
        json.member("pending", pending)
        json.member("available", available)
        json.endObject()
    }
}

extension Entry: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("sequence", sequence)
        json.member("transfer", transfer)
        json.member("amount", amount)
        json.member("balance", balance)
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension Payment: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("status", status.rawValue)
        json.member("capture", capture.rawValue)
        json.member("source", source)
        json.key("destination")
        json.beginObject()
        json.member("account", destination)
        json.endObject()
        json.member("amount", amount)
        json.member("amount_captured", captured)
        json.member("amount_refunded", refunded)
        json.member("fee", fee)
        json.member("currency", currency)
        json.member("description", description)
        json.key("metadata")
        if let metadata {
            json.raw(Array(metadata.text.utf8))
        } else {
            json.beginObject()
            json.endObject()
        }
        json.member("created_at", RFC3339.string(createdAt))
        if let expiresAt { json.member("expires_at", RFC3339.string(expiresAt)) }
        if let endedAt { json.member("ended_at", RFC3339.string(endedAt)) }
        json.endObject()
    }
}

extension Refund: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        // A refund that cannot move its money is refused and leaves no row behind.
        json.member("status", "succeeded")
        json.member("payment", payment)
        json.member("amount", amount)
        json.member("currency", currency)
        json.member("reason", reason)
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension ProcessorOperation: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    /// The members alone, for an object that has more.
    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("status", status.rawValue)
        json.member("account", account)
        json.member("amount", amount)
        json.member("currency", currency)
        json.member(kind == .deposit ? "source" : "destination", instrument)
        if let failure { json.member("failure", failure) }
        json.member("created_at", RFC3339.string(createdAt))
    }
}

extension JSONWritable {
    /// The text of a document of its own.
    var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}
