import Chassis
import JSON

/// `{name, scopes, expires_at?, rate_limit?}`, with every rule checked and every mistake reported.
struct APIKeyBody {
    let name: DisplayName
    let scopes: [String]
    let expiresAt: Int64?
    let rateLimit: APIKey.RateLimit?

    /// The latest end that is taken: ten years from now, so that a slip in the year is noticed.
    private static let longestLife: Int64 = 3_660 * 86_400_000

    init(_ reader: JSONObjectReader, now: Int64) throws {
        var reader = reader
        let name = reader.displayName()
        scopes = Self.scopes(&reader)
        expiresAt = Self.expiry(&reader, now: now)
        rateLimit = reader.optionalObject("rate_limit") { limit in
            APIKey.RateLimit(
                quota: limit.integer("quota", in: 1...1_000_000),
                windowSeconds: limit.integer("window_seconds", in: 1...86_400))
        }
        try reader.finish()
        guard let name else { throw JSONValidationError(errors: reader.errors) }
        self.name = name
    }

    /// The scopes in the order of the vocabulary, each once.
    private static func scopes(_ reader: inout JSONObjectReader) -> [String] {
        let grantable = APIKey.grantableScopes
        let named = reader.strings("scopes", count: 1...grantable.count, length: 1...64)
        for (index, scope) in named.enumerated() {
            if !grantable.contains(scope) {
                reader.fail("scopes", element: index, "must be one of \(grantable.joined(separator: ", "))")
            } else if named[..<index].contains(scope) {
                reader.fail("scopes", element: index, "is there twice")
            }
        }
        return grantable.filter(named.contains)
    }

    private static func expiry(_ reader: inout JSONObjectReader, now: Int64) -> Int64? {
        guard let text = reader.optionalString("expires_at", length: 20...35) else { return nil }
        guard let time = RFC3339.milliseconds(text) else {
            reader.fail("expires_at", "must be a time in UTC such as 2027-01-31T08:15:30Z")
            return nil
        }
        if time <= now || time > now + longestLife { reader.fail("expires_at", "must be within the next ten years") }
        return time
    }
}

/// `{overlap_seconds?}` of a rotation; no body at all is the same as `{}`.
struct RotationBody {
    /// For how long the secret before stays good, in milliseconds.
    let overlap: Int64

    init() { overlap = 0 }

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        overlap = (reader.optionalInteger("overlap_seconds", in: 0...APIKey.longestOverlap) ?? 0) * 1_000
        try reader.finish()
    }
}

/// `{used: [{id, at}]}`: when a gateway last saw which keys.
struct APIKeyUsageBody {
    /// The most keys of one report.
    static let maximum = 1_000

    let uses: [(id: String, at: Int64)]

    init(_ bytes: [UInt8]) throws {
        let document = try JSONValue(parsing: bytes)
        guard let used = document["used"]?.array, used.count <= Self.maximum, document.object?.count == 1 else {
            throw JSONValidationError(
                errors: [.init(pointer: "/used", detail: "must be an array of at most \(Self.maximum) uses")])
        }
        uses = try used.enumerated().map { index, value in
            var reader = try JSONObjectReader(value, pointer: "/used/\(index)")
            let id = reader.string("id", length: 1...64)
            let at = RFC3339.milliseconds(reader.string("at", length: 20...35))
            if at == nil { reader.fail("at", "must be a time in UTC") }
            try reader.finish()
            return (id, at ?? 0)
        }
    }
}
