import Chassis
import Storage

extension Transaction {
    /// What a user has paid on a day.
    func totals(of owner: String, on day: Int64) throws -> DailyTotals {
        var totals = DailyTotals()
        try forEach(
            "SELECT currency, payments, amount FROM payment_days WHERE day = ? AND owner = ?", .integer(day),
            .text(owner)
        ) { row in
            totals.payments += try row.int64(1)
            totals.amounts[try row.string(0)] = try row.int64(2)
        }
        return totals
    }

    /// Counts a payment.
    func count(_ amount: Int64, in currency: String, of owner: String, on day: Int64) throws {
        try execute(
            """
            INSERT INTO payment_days (day, owner, currency, payments, amount) VALUES (?1, ?2, ?3, 1, ?4)
            ON CONFLICT (day, owner, currency) DO UPDATE SET payments = payments + 1, amount = amount + ?4
            """, .integer(day), .text(owner), .text(currency), .integer(amount))
    }
}

extension PaymentsStore {
    /// The day of a time in UTC, counted from 1970-01-01.
    static func day(of milliseconds: Int64) -> Int64 { milliseconds / 86_400_000 }

    /// Removes what was counted on days that are over, in short transactions. Yesterday is kept: a clock may go back.
    ///
    /// - Returns: How many rows.
    @discardableResult
    func purgePaymentDays(windowSize: Int = 500) async throws -> Int {
        let yesterday = Self.day(of: clock.now) - 1
        var removed = 0
        while true {
            let count = try await database.write { transaction in
                try transaction.execute(
                    """
                    DELETE FROM payment_days WHERE (day, owner, currency) IN (
                        SELECT day, owner, currency FROM payment_days WHERE day < ? ORDER BY day LIMIT ?)
                    """, .integer(yesterday), SQLValue(windowSize))
            }
            removed += count
            if count < windowSize { return removed }
        }
    }
}
