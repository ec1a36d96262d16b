import Chassis
import JSON

/// What user-service says about an API key. Times are milliseconds since 1970, hashes those of `APIKeySecret`.
struct KeyRecord: Sendable, Equatable {
    /// Requests per window of this key alone.
    struct RateLimit: Sendable, Equatable {
        let quota: Int
        /// Milliseconds.
        let window: UInt64
    }

    /// The secret before the last rotation.
    struct Previous: Sendable, Equatable {
        let hash: [UInt8]
        let validUntil: Int64
    }

    /// The key's own id, `key_…`.
    let id: String
    let user: String
    let hash: [UInt8]
    let previous: Previous?
    let scopes: [String]
    let expiresAt: Int64?
    let rateLimit: RateLimit?

    /// The record in a document of user-service's; members that are not known here are passed over.
    /// - Throws: ``FeedUnusable`` when a part is missing or of another kind.
    init(_ json: JSONValue) throws(FeedUnusable) {
        guard let id = json["id"]?.string, !id.isEmpty, let user = json["user"]?.string, !user.isEmpty,
            let hash = Self.hash(json["hash"]), let scopes = json["scopes"]?.array
        else { throw FeedUnusable("a key without id, user, hash or scopes") }
        self.id = id
        self.user = user
        self.hash = hash
        self.scopes = scopes.compactMap(\.string)
        previous = try Self.previous(json)
        expiresAt = try Self.time(json["expires_at"])
        rateLimit = try Self.rateLimit(json["rate_limit"])
    }

    init(
        id: String, user: String, hash: [UInt8], previous: Previous? = nil, scopes: [String], expiresAt: Int64? = nil,
        rateLimit: RateLimit? = nil
    ) {
        self.id = id
        self.user = user
        self.hash = hash
        self.previous = previous
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.rateLimit = rateLimit
    }

    /// Until when the secret with this hash is good; `nil` when it is neither of the key's.
    func validUntil(_ secretHash: [UInt8]) -> Int64? {
        let end = expiresAt ?? .max
        if secretHash == hash { return end }
        guard let previous, previous.hash == secretHash else { return nil }
        return min(end, previous.validUntil)
    }

    // MARK: - Reading

    private static func hash(_ value: JSONValue?) -> [UInt8]? {
        guard let bytes = (value?.string).flatMap({ Base64URL.decode($0) }), bytes.count == 32 else { return nil }
        return bytes
    }

    private static func previous(_ json: JSONValue) throws(FeedUnusable) -> Previous? {
        guard let value = json["previous_hash"], value != .null else { return nil }
        guard let hash = hash(value), let until = try time(json["previous_until"]) else {
            throw FeedUnusable("a key with half of a previous secret")
        }
        return Previous(hash: hash, validUntil: until)
    }

    private static func time(_ value: JSONValue?) throws(FeedUnusable) -> Int64? {
        guard let value, value != .null else { return nil }
        guard let time = value.string.flatMap(RFC3339.milliseconds) else { throw FeedUnusable("a time that is none") }
        return time
    }

    private static func rateLimit(_ value: JSONValue?) throws(FeedUnusable) -> RateLimit? {
        guard let value, value != .null else { return nil }
        guard let quota = value["quota"]?.integer, let seconds = value["window_seconds"]?.integer,
            (1...1_000_000_000).contains(quota), (1...86_400).contains(seconds)
        else { throw FeedUnusable("a rate limit that is none") }
        return RateLimit(quota: Int(quota), window: UInt64(seconds) * 1_000)
    }
}
