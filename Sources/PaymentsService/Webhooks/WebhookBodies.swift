import JSON

/// Reading what clients write about endpoints. Unknown members are errors; all errors are reported at once.
extension WebhookEndpointOrder {
    /// Longest description, in Unicode scalars.
    private static let longestDescription = 500

    /// `{url, types?, description?, enabled?}`
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    static func creation(json: [UInt8], _ policy: WebhookPolicy) throws -> WebhookEndpointOrder {
        var body = try JSONObjectReader(json)
        var order = WebhookEndpointOrder()
        let url = body.string("url", length: 1...WebhookURL.maximumLength)
        if !url.isEmpty { order.url = body.checked(url, policy) }
        order.readRest(&body)
        try body.finish()
        return order
    }

    /// The same members, each of which may be left out; null removes a description, and stands for all types.
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    static func change(json: [UInt8], _ policy: WebhookPolicy) throws -> WebhookEndpointOrder {
        var body = try JSONObjectReader(json)
        var order = WebhookEndpointOrder()
        if let url = body.optionalString("url", length: 1...WebhookURL.maximumLength) {
            order.url = body.checked(url, policy)
        }
        order.readRest(&body)
        try body.finish()
        return order
    }

    private mutating func readRest(_ body: inout JSONObjectReader) {
        if body.has("description") {
            description = .some(body.optionalString("description", length: 0...Self.longestDescription))
        }
        if body.has("types") {
            let names = body.optionalStrings("types", count: 1...Event.Kind.allCases.count)
            for (index, name) in (names ?? []).enumerated() where Event.Kind(rawValue: name) == nil {
                body.fail("types", element: index, "must be a type of events")
            }
            types = .some(names)
        }
        isEnabled = body.optionalBool("enabled")
    }
}

extension JSONObjectReader {
    fileprivate mutating func checked(_ text: String, _ policy: WebhookPolicy) -> String {
        guard let url = WebhookURL(text) else {
            fail("url", "must be an absolute URL without user, password and fragment")
            return text
        }
        if let objection = policy.objection(to: url) { fail("url", objection) }
        return text
    }
}

/// `{overlap_seconds?}`: how long the secret before goes on signing.
struct SecretRotation: Sendable, Hashable {
    /// Seven days.
    static let longestOverlap: Int64 = 604_800

    /// Seconds; a day unless said.
    let overlapSeconds: Int64

    /// - Parameter json: The body; empty when there is none.
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        guard !json.isEmpty else {
            overlapSeconds = 86_400
            return
        }
        var body = try JSONObjectReader(json)
        overlapSeconds = body.optionalInteger("overlap_seconds", in: 0...Self.longestOverlap) ?? 86_400
        try body.finish()
    }
}
