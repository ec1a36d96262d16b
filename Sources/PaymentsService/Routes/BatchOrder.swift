import JSON

extension Batch {
    /// Reads `{"mode": "atomic", "items": [{"source", "destination": {"account"}, "amount", "currency",
    /// "description"?}]}`. All errors of all items are reported at once.
    ///
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        let value = try JSONValue(parsing: json)
        var body = try JSONObjectReader(value)
        let word = body.string("mode", length: 1...16)
        let mode = Mode(rawValue: word)
        if mode == nil, !word.isEmpty {
            body.fail("mode", "must be one of \(Mode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let items = body.has("items") ? value["items"]?.array : nil
        if let items {
            if !Self.size.contains(items.count) {
                body.fail("items", "must have \(Self.size.lowerBound) to \(Self.size.upperBound) elements")
            }
        } else {
            body.fail("items", "must be an array")
        }
        try body.finish()
        guard let mode, let items else { throw JSONValidationError(errors: body.errors) }
        self.mode = mode
        orders = try Self.orders(items)
    }

    /// So many errors are told of; a body that is wrong throughout needs no more.
    private static let mostErrors = 100

    private static func orders(_ items: [JSONValue]) throws -> [PaymentOrder] {
        var (orders, errors): ([PaymentOrder], [JSONFieldError]) = ([], [])
        orders.reserveCapacity(items.count)
        for (index, item) in items.enumerated() where errors.count < mostErrors {
            do {
                orders.append(try PaymentOrder(item: item, pointer: "/items/\(index)"))
            } catch {
                errors += error.errors
            }
        }
        guard errors.isEmpty else { throw JSONValidationError(errors: errors) }
        return orders
    }
}

extension PaymentOrder {
    fileprivate init(item: JSONValue, pointer: String) throws(JSONValidationError) {
        var body = try JSONObjectReader(item, pointer: pointer)
        let source = body.string("source", length: 1...64)
        let payee = body.object("destination") { $0.string("account", length: 1...64) } ?? ""
        let amount = body.integer("amount", in: Amount.permitted)
        let currency = body.currency("currency")?.code ?? ""
        let description = body.optionalString("description", length: 0...500)
        try body.finish()
        self.init(
            source: source, payee: .account(payee), amount: amount, currency: currency, description: description)
    }
}
