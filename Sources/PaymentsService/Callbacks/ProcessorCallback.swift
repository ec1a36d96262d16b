import JSON

/// What the processor tells of its own accord: `{"id", "key", "amount", "currency", "status", "reason"?}`.
struct ProcessorCallback: Sendable, Hashable {
    enum Status: String, Sendable, CaseIterable { case pending, succeeded, declined }

    /// The callback's own id, for logs.
    let id: String
    /// The key of the order that it is about.
    let key: String
    /// Minor units.
    let amount: Int64
    let currency: String
    let status: Status
    /// Only of `declined`.
    var reason: String?

    var outcome: ProcessorOutcome {
        switch status {
        case .pending: .pending
        case .succeeded: .succeeded
        case .declined: .declined(reason: reason ?? "")
        }
    }

    /// The id of the operation that the key was derived from.
    var operation: String { String(key.prefix { $0 != ":" }) }
}

extension ProcessorCallback {
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        var body = try JSONObjectReader(json)
        id = body.string("id", length: 1...64)
        key = body.string("key", length: 1...128)
        amount = body.integer("amount", in: Amount.permitted)
        currency = body.string("currency", length: 3...3)
        let text = body.string("status", length: 1...16)
        let known = Status(rawValue: text)
        if known == nil, !text.isEmpty { body.fail("status", "must be pending, succeeded or declined") }
        status = known ?? .pending
        reason = body.optionalString("reason", length: 1...64)
        if known != nil, (known == .declined) != (reason != nil) {
            body.fail("reason", "must be there when declined, and only then")
        }
        try body.finish()
    }
}

extension ProcessorCallback: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("key", key)
        json.member("amount", amount)
        json.member("currency", currency)
        json.member("status", status.rawValue)
        if let reason { json.member("reason", reason) }
        json.endObject()
    }
}
