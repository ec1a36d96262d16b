import Chassis
import JSON

extension APIKey {
    /// `{id, name, prefix, scopes, …}` for its owner, with the secret where it is shown.
    func write(to writer: inout JSONWriter, secret: APIKeySecret? = nil) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("name", name.text)
        if let secret { writer.member("secret", secret.exposed) }
        writer.member("prefix", prefix)
        writeScopes(to: &writer)
        writeRateLimit(to: &writer)
        writer.member("created_at", RFC3339.string(createdAt))
        writer.member("expires_at", expiresAt.map(RFC3339.string))
        writer.member("last_used_at", lastUsedAt.map(RFC3339.string))
        writer.member("previous_valid_until", previous.map { RFC3339.string($0.validUntil) })
        writer.endObject()
    }

    /// What a gateway needs to check the key: `{id, user, hash, previous_hash, previous_until, scopes, expires_at,
    /// rate_limit}`, hashes in base64url.
    func writeRecord(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("user", userID)
        writer.member("hash", Base64URL.encode(hash))
        writer.member("previous_hash", previous.map { Base64URL.encode($0.hash) })
        writer.member("previous_until", previous.map { RFC3339.string($0.validUntil) })
        writeScopes(to: &writer)
        writer.member("expires_at", expiresAt.map(RFC3339.string))
        writeRateLimit(to: &writer)
        writer.endObject()
    }

    private func writeScopes(to writer: inout JSONWriter) {
        writer.key("scopes")
        writer.beginArray()
        for scope in scopes { writer.string(scope) }
        writer.endArray()
    }

    private func writeRateLimit(to writer: inout JSONWriter) {
        writer.key("rate_limit")
        guard let rateLimit else { return writer.null() }
        writer.beginObject()
        writer.member("quota", rateLimit.quota)
        writer.member("window_seconds", rateLimit.windowSeconds)
        writer.endObject()
    }
}
