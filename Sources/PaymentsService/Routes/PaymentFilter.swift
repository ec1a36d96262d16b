import Chassis
import HTTP
import HTTPTypes

/// Which payments a list shows; what is nil is not asked for.
struct PaymentFilter: Sendable, Hashable {
    var status: Payment.Status?
    /// An account that paid or received.
    var account: String?
    /// Milliseconds since 1970: this moment and later ones.
    var from: Int64?
    /// Milliseconds since 1970: before this moment.
    var to: Int64?
    /// Minor units; authorised.
    var minimum: Int64?
    var maximum: Int64?
}

extension PaymentFilter {
    /// Reads `?status=&account=&created_from=&created_to=&min_amount=&max_amount=`.
    ///
    /// - Throws: `Problem` 400 `invalid_query`.
    init(_ query: Query) throws(Problem) {
        self.init()
        status = try Self.read(query, "status", Self.states) { Payment.Status(rawValue: $0) }
        account = try Self.read(query, "account", "the id of an account") { text in
            (1...64).contains(text.utf8.count) ? text : nil
        }
        from = try Self.read(query, "created_from", Self.time) { RFC3339.time(ofDateOrTime: $0) }
        to = try Self.read(query, "created_to", Self.time) { RFC3339.time(ofDateOrTime: $0) }
        minimum = try Self.read(query, "min_amount", Self.amount, Self.amount)
        maximum = try Self.read(query, "max_amount", Self.amount, Self.amount)
    }

    private static let states = "one of \(Payment.Status.allCases.map(\.rawValue).joined(separator: ", "))"
    private static let time = "a date or a time in UTC (RFC 3339)"
    private static let amount = "a whole number of minor units"

    private static func amount(_ text: String) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    private static func read<T>(
        _ query: Query, _ name: String, _ allowed: String, _ value: (String) -> T?
    ) throws(Problem) -> T? {
        guard let text = query[name] else { return nil }
        guard let value = value(text) else {
            throw Problem(.badRequest, "invalid_query", detail: "\(name) must be \(allowed).")
        }
        return value
    }
}
