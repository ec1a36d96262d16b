import Chassis
import JSON

extension WebhookEndpoint: JSONWritable {
    func write(to json: inout JSONWriter) { write(to: &json, secret: nil) }

    /// The document; with the secret only for the one answer that shows it.
    func document(secret: String?) -> [UInt8] {
        var json = JSONWriter()
        write(to: &json, secret: secret)
        return json.bytes
    }

    private func write(to json: inout JSONWriter, secret: String?) {
        json.beginObject()
        json.member("id", id)
        json.member("url", url)
        json.member("description", description)
        json.key("types")
        if let types {
            json.beginArray()
            for type in types { json.string(type) }
            json.endArray()
        } else {
            json.null()
        }
        json.member("enabled", isEnabled)
        json.member("disabled_reason", disabledReason?.rawValue)
        if let secret { json.member("secret", secret) }
        json.member("previous_secret_valid_until", previousSecretUntil.map { RFC3339.string($0) })
        json.member("failing_since", failingSince.map { RFC3339.string($0) })
        json.member("created_at", RFC3339.string(createdAt))
        json.endObject()
    }
}

extension WebhookDelivery: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("event", event)
        json.member("type", type)
        json.member("status", status.rawValue)
        json.member("attempts", attempts)
        json.member("next_attempt_at", nextAttemptAt.map { RFC3339.string($0) })
        json.member("last_attempt_at", lastAttemptAt.map { RFC3339.string($0) })
        json.member("response_status", responseStatus.map { Int64($0) })
        json.member("failure", failure)
        json.member("created_at", RFC3339.string(createdAt))
        json.member("finished_at", finishedAt.map { RFC3339.string($0) })
        json.endObject()
    }
}
