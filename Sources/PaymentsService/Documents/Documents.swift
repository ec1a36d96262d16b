import Chassis
import JSON

/// What clients read. Amounts are integers in minor units, times RFC 3339 in UTC.
extension Account {
    var json: [UInt8] { JSONWriter.document(write) }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("currency", currency)
        json.key("balance")
        balance.write(to: &json)
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension Balance {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("posted", posted)
        json.member("pending", pending)
        json.member("available", available)
        json.endObject()
    }
}

extension Entry {
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

extension Payment {
    var json: [UInt8] { JSONWriter.document(write) }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("status", status.rawValue)
        json.member("source", source)
        json.key("destination")
        json.beginObject()
        json.member("account", destination)
        json.endObject()
        json.member("amount", amount)
        json.member("currency", currency)
        json.member("description", description)
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension Deposit {
    var json: [UInt8] { JSONWriter.document(write) }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("status", status.rawValue)
        json.member("account", account)
        json.member("amount", amount)
        json.member("currency", currency)
        json.member("source", source)
        if let failure { json.member("failure", failure) }
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension JSONWriter {
    static func document(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        write(&json)
        return json.bytes
    }
}
