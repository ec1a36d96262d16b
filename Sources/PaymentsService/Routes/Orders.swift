import JSON

/// Reading what clients write. Unknown members are errors; all errors are reported at once.
extension PaymentOrder {
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        var body = try JSONObjectReader(json)
        source = body.string("source", length: 1...64)
        payee = body.object("destination", Payee.read) ?? .account("")
        amount = body.integer("amount", in: Amount.permitted)
        currency = body.currency("currency")?.code ?? ""
        description = body.optionalString("description", length: 0...500)
        capture = body.choice("capture") ?? .automatic
        metadata = body.optionalStringMap(
            "metadata", count: Metadata.count, nameLength: Metadata.nameLength, valueLength: Metadata.valueLength
        ).flatMap(Metadata.init)
        try body.finish()
    }
}

extension RefundOrder {
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        var body = try JSONObjectReader(json)
        payment = body.string("payment", length: 1...64)
        amount = body.optionalInteger("amount", in: Amount.permitted)
        reason = body.optionalString("reason", length: 0...500)
        try body.finish()
    }
}

/// How much of a payment is to be captured.
struct CaptureOrder: Sendable {
    /// Minor units; nil for all.
    let amount: Int64?

    /// Reads `{"amount": 5}`, `{}`, or no body at all.
    ///
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        guard !json.isEmpty else {
            amount = nil
            return
        }
        var body = try JSONObjectReader(json)
        amount = body.optionalInteger("amount", in: Amount.permitted)
        try body.finish()
    }
}

extension Payee {
    /// Exactly one of three members.
    fileprivate static func read(_ body: inout JSONObjectReader) -> Payee {
        let account = body.optionalString("account", length: 1...64)
        let user = body.optionalString("user", length: 1...64)
        let email = body.optionalString("email", length: 3...254)
        switch (account, user, email) {
        case (let account?, nil, nil): return .account(account)
        case (nil, let user?, nil): return .user(user)
        case (nil, nil, let email?): return .email(email.lowercased())
        default:
            if body.errors.isEmpty { body.fail("", "must have exactly one of account, user and email") }
            return .account("")
        }
    }
}

extension OperationOrder {
    /// Reads a deposit, `{"account", "amount", "currency"?, "source"}`, or a withdrawal, whose `destination` it is.
    ///
    /// - Parameter processor: Says which cards and bank accounts there are.
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(_ kind: ProcessorOperation.Kind, json: [UInt8], for processor: any Processor) throws {
        var body = try JSONObjectReader(json)
        self.kind = kind
        account = body.string("account", length: 1...64)
        amount = body.integer("amount", in: Amount.permitted)
        currency = kind == .withdrawal ? body.optionalCurrency("currency")?.code : nil
        instrument = body.instrument(kind == .deposit ? "source" : "destination") {
            processor.objection(to: $0, for: kind.step)
        }
        try body.finish()
    }
}

/// What is asked for when an account is opened.
struct AccountOrder: Sendable {
    let currency: Currency
    let name: AccountName?

    /// Reads `{"currency": "USD", "name": "Savings"}`; the name may be left out.
    ///
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    init(json: [UInt8]) throws {
        var body = try JSONObjectReader(json)
        let currency = body.currency("currency")
        name = body.accountName("name")
        try body.finish()
        guard let currency else { throw JSONValidationError(errors: body.errors) }
        self.currency = currency
    }

    /// Reads `{"name": …}`: a name, or null for none.
    ///
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    static func name(json: [UInt8]) throws -> AccountName? {
        var body = try JSONObjectReader(json)
        if !body.has("name") { body.fail("name", "is missing") }
        let name = body.accountName("name")
        try body.finish()
        return name
    }
}

extension JSONObjectReader {
    /// A card or a bank account that the processor knows.
    fileprivate mutating func instrument(_ name: String, objection: (String) -> String?) -> String {
        let text = string(name, length: 1...64)
        if !text.isEmpty, let objection = objection(text) { fail(name, objection) }
        return text
    }

    fileprivate mutating func optionalCurrency(_ name: String) -> Currency? {
        guard let code = optionalString(name, length: 3...3) else { return nil }
        let currency = Currency(code: code)
        if currency == nil { fail(name, "must be a currency code of ISO 4217 in upper case") }
        return currency
    }

    /// An ISO 4217 code.
    mutating func currency(_ name: String) -> Currency? {
        let errorsBefore = errors.count
        let code = string(name, length: 3...3)
        let currency = Currency(code: code)
        if currency == nil, errors.count == errorsBefore {
            fail(name, "must be a currency code of ISO 4217 in upper case")
        }
        return currency
    }

    /// A name as ``AccountName`` allows it; missing and null are nil.
    fileprivate mutating func accountName(_ name: String) -> AccountName? {
        guard let text = optionalString(name, length: AccountName.length) else { return nil }
        let accountName = AccountName(text)
        if accountName == nil {
            fail(name, "must be one line without control characters and without spaces at its ends")
        }
        return accountName
    }

    /// One of the words of an enumeration; missing and null are nil.
    fileprivate mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) -> Choice?
    where Choice.RawValue == String {
        guard let text = optionalString(name, length: 1...64) else { return nil }
        let choice = Choice(rawValue: text)
        if choice == nil {
            fail(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// Reads `{}`, or no body at all.
    ///
    /// - Throws: `JSONSyntaxError` (400), `JSONValidationError` (422).
    static func expectEmpty(_ json: [UInt8]) throws {
        guard !json.isEmpty else { return }
        var body = try JSONObjectReader(json)
        try body.finish()
    }
}
